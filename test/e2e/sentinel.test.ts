import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ALICE, INC_42 } from "../support/acme.ts";
import { ask, type } from "../support/ask.ts";
import { startSentinels, type Sentinels } from "../support/sentinels.ts";
import { assertToldOnce } from "../support/told-once.ts";
import { until } from "../support/until.ts";
import { appendContract } from "../ledger/append-contract.ts";
import { Several } from "./several.ts";

describe("on a Redis that Sentinels watch", () => {
  let group: Sentinels;
  before(async () => {
    group = await startSentinels();
  });
  after(() => group.stop());

  appendContract("the master that Sentinels name", () => group.url);

  describe("a bot and two workers, each with its mirror", () => {
    let several: Several;
    before(async () => {
      const master = await group.master();
      await master.ask((redis) => redis.flushall());
      several = await Several.open(group.url);
    });
    after(() => several.stop());

    it("a request goes its whole way", async () => {
      await several.end(await several.open());
      await several.settled();
    });

    it("P2, P8: the master dies just before access ends: it ends at its deadline, and the thread is whole", async () => {
      const id = await several.open();
      const before = await several.settled();
      await several.end(id, () => group.failOver());
      await until(async () => ((await several.settled()).length > before.length ? true : undefined), "what came after");
      assertToldOnce(several.stage);
      await group.comeBack();
    });

    it("P5: the master dies, and who takes its place never heard of what it acknowledged: nothing of it is lost", async () => {
      const { stage } = several;
      const early = await several.open();
      await several.settled();
      await group.cutReplica();
      const late = await ask(stage, ALICE, "db writer orders are stuck, again");
      await stage.line(INC_42, late, /got the credential/);
      const before = await several.settled();
      await group.failOver();
      assert.match((await type(stage, ALICE, "db writer in between")).text, /LEDGER_UNAVAILABLE|Recorded/);
      await several.assertHealed(before);
      assert.equal((await several.target.granted()).length, 2);
      await several.end(early);
      await stage.line(INC_42, late, /^Gone, and checked/);
      await several.settled();
      assertToldOnce(stage);
    });
  });
});
