import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { removeKey } from "../../src/cli/keys.ts";
import { verifyLedger } from "../../src/cli/ledger.ts";
import { SoftKey } from "../../src/demo/soft-key.ts";
import { ALICE, APPROVALS, BOB, CAROL, INC_42, SECURITY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { idIn } from "../support/stage.ts";
import {
  confirmSoft,
  enrolSoft,
  lastLink,
  linkByClick,
  openStepUpStage,
  type StepUpStage,
} from "../support/step-up.ts";

describe("people's keys, and what they confirm with them", () => {
  const clock = testClock();
  const [alice, carol] = [new SoftKey(), new SoftKey()];
  let opened: StepUpStage;

  before(async () => {
    opened = await openStepUpStage({ stepUp: "[requester, approver]", now: clock.now });
  });
  after(() => opened.stop());

  const changeIn = (text: string): string => {
    const [change] = /KEY-[0-9A-Z]{6}/.exec(text) ?? [];
    assert.ok(change, text);
    return change;
  };

  it("without any key nothing that takes one can be asked for", async () => {
    const { text } = await type(opened.stage, ALICE, "tool user INC-42");
    assert.match(text, /you have none enrolled\. \/breakglass key add/);
  });

  it("the first is let in by whoever runs the service, and the security channel hears of it", async () => {
    const { stage, invite } = opened;
    const link = await invite("carol");
    await stage.message(SECURITY, /\(on the server\) let Carol Diaz enrol a key/);
    assert.equal((await enrolSoft(link, carol, "Blue key")).status, 200);
    await stage.message(SECURITY, /Carol Diaz enrolled "Blue key"/);
    assert.match((await type(stage, CAROL, "key list")).text, /Your keys:\n• Blue key/);
  });

  it("the next asks in chat, an administrator confirms with a key, and a link comes to nobody else", async () => {
    const { stage } = opened;
    const { text } = await type(stage, ALICE, "key add");
    const change = changeIn(text);
    assert.match((await type(stage, ALICE, "key add")).text, /asks for the same already/);
    const card = await stage.message(SECURITY, new RegExp(`${change}.*waiting for an administrator`));
    assert.match((await click(stage, ALICE, card, { text: "Confirm with a key" })).text, /takes an administrator/);
    assert.match((await click(stage, BOB, card, { text: "Confirm with a key" })).text, /you have none enrolled/);
    const link = await linkByClick(stage, CAROL, card, "Confirm with a key");
    assert.match(await (await fetch(link)).text(), /Whose key[^]*Alice Ng[^]*Asked by[^]*Alice Ng/);
    assert.equal((await confirmSoft(link, new SoftKey())).answer.code, "STEP_UP_FAILED");
    assert.equal((await confirmSoft(link, carol)).status, 200);
    await stage.message(SECURITY, new RegExp(`${change}.*confirmed[^]*Confirmed by Carol Diaz`));
    const invited = await stage.direct(ALICE, /You can enrol your key now/);
    const mine = await linkByClick(stage, ALICE, invited, "Enrol my key");
    assert.equal((await enrolSoft(mine, alice, "Laptop")).status, 200);
    await stage.direct(ALICE, /Your invitation to enrol a key is over/);
    await opened.enrolled("bob");
  });

  it("a request calls nobody until its requester confirmed it; then it goes on as any other", async () => {
    const { stage } = opened;
    const { text } = await type(stage, ALICE, "tool user 10m INC-42 stuck");
    assert.match(text, /one more step: your key/);
    const id = idIn(text);
    const link = lastLink(stage, ALICE);
    await stage.line(INC_42, id, /It counts once confirmed with a security key/);
    assert.equal((await confirmSoft(link, carol)).answer.code, "STEP_UP_FAILED");
    assert.ok(!stage.slack.workspace.messages(APPROVALS).some((each) => stage.readable(each).includes(id)));
    // The link is lost: the card gives another.
    const again = await linkByClick(stage, ALICE, await stage.message(INC_42, new RegExp(id)), "Confirm with a key");
    assert.equal((await confirmSoft(again, alice)).status, 200);
    await stage.line(INC_42, id, /^Alice Ng confirmed it, with a security key\.$/);
    const card = await stage.message(APPROVALS, new RegExp(id));
    assert.match(stage.readable(card), /1 of leads, each with a security key/);
    assert.equal((await confirmSoft(await linkByClick(stage, CAROL, card), carol)).status, 200);
    await stage.line(INC_42, id, /Access is on/);
    await click(stage, ALICE, await stage.message(INC_42, new RegExp(id)), { text: "End now" });
    await stage.line(INC_42, id, /Gone, and checked/);
  });

  it("what nobody confirms lapses, and calls nobody", async () => {
    const { stage } = opened;
    const id = await ask(stage, ALICE, "tool user INC-43 never mind");
    clock.advance(900_000);
    await stage.line(INC_42, id, /^Alice Ng did not confirm it within 15 min: it lapsed\.$/);
    assert.ok(!stage.slack.workspace.messages(APPROVALS).some((each) => stage.readable(each).includes(id)));
  });

  it("who goes ahead alone needs a key too", async () => {
    const { stage } = opened;
    const id = await ask(stage, ALICE, "tool user INC-44 nobody answers");
    assert.equal((await confirmSoft(lastLink(stage, ALICE), alice)).status, 200);
    await stage.line(INC_42, id, /confirmed it/);
    clock.advance(61_000);
    const offer = await stage.direct(ALICE, new RegExp(`${id} · nobody has decided yet`));
    const link = await linkByClick(stage, ALICE, offer, "Break glass");
    assert.match(await (await fetch(link)).text(), /Break glass: BG-[^]*Nobody approves this/);
    assert.ok(!stage.thread(INC_42, id).some((line) => line.includes("broke the glass")));
    assert.equal((await confirmSoft(link, alice)).status, 200);
    await stage.line(INC_42, id, /broke the glass, with a security key: access without approval, for 5 min/);
    await stage.message(SECURITY, new RegExp(`${id}: 🔴 Alice Ng broke the glass`));
  });

  it("a key is renamed by its owner, and removed by two people", async () => {
    const { stage } = opened;
    assert.match((await type(stage, ALICE, "key rename Laptop to Old laptop")).text, /• Old laptop/);
    assert.match(
      (await type(stage, ALICE, "key remove Laptop")).text,
      /There is no key "Laptop"\. There are: "Old laptop"/,
    );
    const change = changeIn((await type(stage, ALICE, "key remove old laptop")).text);
    const card = await stage.message(SECURITY, new RegExp(`${change}.*a key to remove`));
    assert.equal((await confirmSoft(await linkByClick(stage, CAROL, card, "Confirm with a key"), carol)).status, 200);
    await stage.message(SECURITY, /Carol Diaz removed the key "Old laptop" of Alice Ng/);
    assert.match((await type(stage, ALICE, "key")).text, /You have no key enrolled/);
  });

  it("on the server too it takes an administrator's word, for who has a key", async () => {
    const { stage, env } = opened;
    const lines: string[] = [];
    const io = { env, result: (line: string) => lines.push(line), talk: () => undefined };
    assert.equal(await removeKey(io, "bob", "bob's key"), 1);
    const change = changeIn(lines.join());
    const card = await stage.message(SECURITY, new RegExp(`${change}.*a key to remove`));
    await click(stage, CAROL, card, { text: "Refuse" });
    await stage.message(SECURITY, new RegExp(`${change}.*refused`));
    assert.match((await type(stage, BOB, "key list")).text, /bob's key/);
  });

  it("everything of it can be checked again, offline", async () => {
    const lines: string[] = [];
    const io = { env: opened.env, result: (line: string) => lines.push(line), talk: () => undefined };
    assert.equal(await verifyLedger(io, { keys: [], stepUp: true, recordings: false, json: false }), 0);
    assert.match(lines.join("\n"), /^6 confirmations with a key, and none missing that the policy asked for$/m);
  });
});
