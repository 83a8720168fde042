import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { SoftKey } from "../../src/demo/soft-key.ts";
import { start } from "../../src/main.ts";
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { quietPort } from "../../src/redis/quiet-port.ts";
import { ALICE, APPROVALS, CAROL, INC_42 } from "../support/acme.ts";
import { ask, click } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { entries } from "../support/entries.ts";
import { confirmSoft, enrolSoft, linkByClick, openStepUpStage, optionsOf, post } from "../support/step-up.ts";
import type { StepUpStage } from "../support/step-up.ts";

describe("P9: attacks on a confirmation", () => {
  const clock = testClock();
  let opened: StepUpStage;
  let carol: SoftKey;
  let bob: SoftKey;
  let nth = 0;

  before(async () => {
    opened = await openStepUpStage({ now: clock.now });
    carol = await opened.enrolled("carol");
    bob = await opened.enrolled("bob");
  });
  after(() => opened.stop());

  /** A request of Alice's, and Carol's link to approve it. */
  async function asked(): Promise<{ id: string; link: string; approve: () => Promise<string> }> {
    const { stage, forgetLinks } = opened;
    await forgetLinks("carol");
    const id = await ask(stage, ALICE, `tool user case ${++nth}`);
    const card = await stage.message(APPROVALS, new RegExp(id));
    const approve = async () => await linkByClick(stage, CAROL, card);
    return { id, approve, link: await approve() };
  }

  /** Nothing was approved by what was tried, and the right key still can; what can't is withdrawn. */
  async function stillWaits(id: string, approve: () => Promise<string>, told?: RegExp): Promise<void> {
    const { stage } = opened;
    if (told !== undefined) await stage.line(INC_42, id, told);
    assert.ok(!stage.thread(INC_42, id).some((line) => line.includes("approved")));
    assert.equal((await confirmSoft(await approve(), carol)).status, 200);
    await stage.line(INC_42, id, /^Carol Diaz approved, with a security key\.$/);
    await click(stage, ALICE, await stage.message(INC_42, new RegExp(id)), { text: "End now" });
  }

  const refused = (answer: { status: number; answer: { code?: string } }, code: string) => {
    assert.equal(answer.answer.code, code, JSON.stringify(answer));
    assert.notEqual(answer.status, 200);
  };

  /** Of two at once, the one that counted less may come second: then its key is taken for a clone, and the other is stale. */
  async function atMostOne(answers: readonly { status: number }[], approve: () => Promise<string>): Promise<void> {
    const passed = answers.filter(({ status }) => status === 200).length;
    assert.ok(passed <= 1, JSON.stringify(answers));
    if (passed === 0) assert.equal((await confirmSoft(await approve(), carol)).status, 200);
  }

  it("another person's key", async () => {
    const { id, link, approve } = await asked();
    refused(await confirmSoft(link, bob), "STEP_UP_FAILED");
    await stillWaits(
      id,
      approve,
      /A confirmation with Carol Diaz's link was refused: It was made with a key that is not/,
    );
  });

  it("a key that nobody enrolled", async () => {
    const { id, link, approve } = await asked();
    refused(await confirmSoft(link, new SoftKey()), "STEP_UP_FAILED");
    await stillWaits(id, approve);
  });

  it("the same link again, and what was signed sent twice", async () => {
    const { stage } = opened;
    const { id, link } = await asked();
    const { version, asked: what } = await optionsOf(link);
    const response = carol.sign(what);
    assert.equal((await post(link, { version, response })).status, 200);
    refused(await post(link, { version, response }), "STEP_UP_LINK");
    refused(await post(`${link}/options`, {}), "STEP_UP_LINK");
    await stage.line(INC_42, id, /was refused: The link was used already\./);
    assert.equal(stage.thread(INC_42, id).filter((line) => line.includes("approved")).length, 1);
    assert.equal((await fetch(link)).status, 410);
    await click(stage, ALICE, await stage.message(INC_42, new RegExp(id)), { text: "End now" });
  });

  it("what was signed for one link, sent to another", async () => {
    const first = await asked();
    const { version, asked: what } = await optionsOf(first.link);
    const response = carol.sign(what);
    const second = await first.approve();
    refused(await post(second, { version, response }), "STEP_UP_FAILED");
    await stillWaits(first.id, first.approve, /What was signed is not what was asked/);
  });

  it("a request that moved on between the page and the key", async () => {
    const { stage } = opened;
    const { id, link, approve } = await asked();
    const { version, asked: what } = await optionsOf(link);
    // Somebody else's failed try is an entry of the request's own.
    refused(await confirmSoft(await approve(), bob), "STEP_UP_FAILED");
    refused(await post(link, { version, response: carol.sign(what) }), "STEP_UP_STALE");
    refused(await post(link, { version: version + 1, response: carol.sign(what) }), "STEP_UP_FAILED");
    assert.ok(!stage.thread(INC_42, id).some((line) => line.includes("approved")));
    await stillWaits(id, approve);
  });

  it("another web address, another site, another kind of signature, a frame in a strange page", async () => {
    const { id, link, approve } = await asked();
    const { port } = new URL(link);
    refused(await confirmSoft(link, carol, { origin: `http://evil.test:${port}` }), "STEP_UP_FAILED");
    refused(await confirmSoft(link, carol, { rpId: "evil.test" }), "STEP_UP_FAILED");
    refused(await confirmSoft(link, carol, {}, { type: "webauthn.create" }), "STEP_UP_FAILED");
    await stillWaits(id, approve, /It was made at another web address/);
  });

  it("nobody recognised, nobody there", async () => {
    const { id, link, approve } = await asked();
    refused(await confirmSoft(link, carol, {}, { flags: 1 }), "STEP_UP_FAILED");
    refused(await confirmSoft(link, carol, {}, { flags: 4 }), "STEP_UP_FAILED");
    await stillWaits(id, approve, /The key did not check who holds it/);
  });

  it("a cloned key, whose counter is behind", async () => {
    const { id, link, approve } = await asked();
    const { counter } = carol;
    refused(await confirmSoft(link, carol, {}, { counter }), "STEP_UP_FAILED");
    carol.counter = counter;
    await stillWaits(id, approve, /counter went back: it may have been cloned/);
  });

  it("a signature that was changed", async () => {
    const { id, link, approve } = await asked();
    const { version, asked: what } = await optionsOf(link);
    const response = carol.sign(what);
    const other = new SoftKey().sign(what).response.signature;
    refused(
      await post(link, { version, response: { ...response, response: { ...response.response, signature: other } } }),
      "STEP_UP_FAILED",
    );
    await stillWaits(id, approve, /signature is not this key's|does not hold/);
  });

  it("a preview, a form from elsewhere, another page's script, rubbish", async () => {
    const { id, link, approve } = await asked();
    for (let look = 0; look < 3; look++) assert.equal((await fetch(link)).status, 200);
    assert.equal((await fetch(link, { method: "HEAD" })).status, 200);
    const form = { method: "POST", body: new URLSearchParams({ version: "1" }) };
    assert.equal((await fetch(link, form)).status, 403);
    assert.equal((await post(link, { version: 1 }, "https://evil.test")).status, 403);
    refused(await post(link, { version: 1, response: { id: "x" } }), "BAD_USAGE");
    assert.equal((await post(link, "rubbish")).status, 400);
    await stillWaits(id, approve);
  });

  it("a link that is too old", async () => {
    const { stage } = opened;
    const { id, link } = await asked();
    const { version, asked: what } = await optionsOf(link);
    clock.advance(300_000);
    refused(await post(link, { version, response: carol.sign(what) }), "STEP_UP_LINK");
    assert.equal((await fetch(link)).status, 410);
    await stage.line(INC_42, id, /was refused: The link was too old\./);
    await click(stage, ALICE, await stage.message(INC_42, new RegExp(id)), { text: "Withdraw" });
  });

  it("two tabs, at once: one decision, and one of them hears that it is done", async () => {
    const { stage } = opened;
    const { id, link, approve } = await asked();
    const again = await approve();
    const [one, two] = [await optionsOf(link), await optionsOf(again)];
    const answers = await Promise.all([
      post(link, { version: one.version, response: carol.sign(one.asked) }),
      post(again, { version: two.version, response: carol.sign(two.asked) }),
    ]);
    await atMostOne(answers, approve);
    await stage.line(INC_42, id, /^Carol Diaz approved, with a security key\.$/);
    assert.equal(stage.thread(INC_42, id).filter((line) => line.includes("approved")).length, 1);
    await click(stage, ALICE, await stage.message(INC_42, new RegExp(id)), { text: "End now" });
  });

  it("two replicas, with the same link at once; and a restart between link and proof", async () => {
    const { stage, origin } = opened;
    const { id, link, approve } = await asked();
    const { version, asked: what } = await optionsOf(link);
    await stage.bot.stop();
    await stage.startAgain();
    const port = await quietPort();
    const env = { ...opened.env, PORT: String(port), ROLE: "bot" };
    const replica = await start(readConfig(env), env, { log: silent, now: clock.now });
    try {
      const there = link.replace(origin, `http://localhost:${port}`);
      const bodies = [1, 2].map(() => ({ version, response: carol.sign(what) }));
      const answers = await Promise.all([post(link, bodies[0], origin), post(there, bodies[1], origin)]);
      await atMostOne(answers, approve);
      await stage.line(INC_42, id, /^Carol Diaz approved, with a security key\.$/);
      assert.equal(stage.thread(INC_42, id).filter((line) => line.includes("approved")).length, 1);
    } finally {
      await replica.stop();
    }
    await click(stage, ALICE, await stage.message(INC_42, new RegExp(id)), { text: "End now" });
  });

  it("nobody grows the ledger by failing, and a link is tried a few times only", async () => {
    const { stage } = opened;
    const { id, link } = await asked();
    for (let time = 0; time < 10; time++) refused(await confirmSoft(link, bob), "STEP_UP_FAILED");
    refused(await confirmSoft(link, carol), "STEP_UP_THROTTLED");
    await stage.line(INC_42, id, /More of this is counted, and not told here\./);
    assert.equal(stage.thread(INC_42, id).filter((line) => line.includes("was refused")).length, 5);
    const before = await entries(stage);
    refused(await confirmSoft(link, bob), "STEP_UP_THROTTLED");
    assert.equal(await entries(stage), before);
    await click(stage, ALICE, await stage.message(INC_42, new RegExp(id)), { text: "Withdraw" });
  });

  it("guessing links is answered less and less, while right ones are", async () => {
    const { id, link, approve } = await asked();
    const statuses = new Set<number>();
    for (let time = 0; time < 30; time++) {
      const guess = link.replace(/[^/]{43}$/, String(time).padStart(43, "A"));
      statuses.add((await fetch(guess)).status);
    }
    assert.deepEqual(statuses, new Set([404, 429]));
    await stillWaits(id, approve);
  });

  it("asking for links without end", async () => {
    const { stage } = opened;
    const { id } = await asked();
    const card = await stage.message(APPROVALS, new RegExp(id));
    let text = "";
    for (let time = 0; time < 25 && !text.includes("many links"); time++)
      ({ text } = await click(stage, CAROL, card, { text: "Approve" }));
    assert.match(text, /You asked for many links in a few minutes/);
    const before = await entries(stage);
    await click(stage, CAROL, card, { text: "Approve" });
    assert.equal(await entries(stage), before);
    await click(stage, ALICE, await stage.message(INC_42, new RegExp(id)), { text: "Withdraw" });
  });

  it("an invitation: a key that recognises nobody, and the link again", async () => {
    const link = await opened.invite("dave");
    const twist = await enrolSoft(link, new SoftKey(), "x", { flags: 1 });
    refused(twist, "KEY_REFUSED");
    assert.equal((await enrolSoft(link, new SoftKey(), "Dave's")).status, 200);
    refused(await enrolSoft(link, new SoftKey(), "Another"), "STEP_UP_LINK");
  });
});
