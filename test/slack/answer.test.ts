import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { standing } from "../../src/domain/standing.ts";
import { Refusal } from "../../src/errors.ts";
import { silent } from "../../src/log.ts";
import { answerError, answerSentence } from "../../src/slack/answer.ts";
import { LIVES } from "../domain/lives.ts";
import { stateOf } from "../domain/given.ts";

describe("an answer in a sentence", () => {
  it("shows names as they are written, and calls nobody by them", () => {
    const said = answerSentence(standing(stateOf(...LIVES.denied), () => "Carol <!channel> & Co"));
    assert.match(said.text, /denied by Carol &lt;!channel&gt; &amp; Co/);
  });

  it("is as inert where it refuses", () => {
    const refusal = new Refusal("ALREADY_DECIDED", "<!here> decided.", { next: "`code`" });
    assert.equal(answerError(refusal, silent).text, "&lt;!here&gt; decided. ˋcodeˋ");
  });
});
