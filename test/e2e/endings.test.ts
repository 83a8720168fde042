import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ALICE, APPROVALS, BOB, CAROL, DAVE, INC_42 } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 10m, max: 30m }
      reader:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 10m, max: 30m }
`;

describe("how access ends", () => {
  const clock = testClock();
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({ targets: targets(target), now: clock.now, slack: { ...UNHURRIED, now: clock.now } });
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  const nameOf = (id: string) => id.toLowerCase().replace("-", "_");

  /** Access that is on, approved by Carol. */
  async function access(user: string, why: string): Promise<string> {
    const id = await ask(stage, user, `db writer ${why}`);
    await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /^Access is on/);
    await stage.message(INC_42, new RegExp(`🟢 ${id} .* until`));
    return id;
  }

  async function gone(id: string): Promise<void> {
    await stage.line(
      INC_42,
      id,
      /^Gone, and checked: account removed, \d+\.\d s after the end\. Ledger \d+ · \w{8}\.$/,
    );
    assert.ok(!(await target.granted()).includes(nameOf(id)));
  }

  it("the requester ends it with the button beside the way in, which is then painted over", async () => {
    const id = await access(ALICE, "end now");
    const credential = await stage.direct(ALICE, new RegExp(`${id}[\\s\\S]*Open credential`));
    assert.match((await click(stage, ALICE, credential, { text: "End now" })).text, /Recorded.*Access is being ended/);
    await stage.line(INC_42, id, /^Alice Ng ended it\.$/);
    await gone(id);
    const note = await stage.direct(ALICE, new RegExp(`${id} · access is over`));
    assert.equal(note.ts, credential.ts);
    assert.doesNotMatch(JSON.stringify(note), /Open credential|User/);
    await stage.message(INC_42, new RegExp(`⚪ ${id} .* ended[\\s\\S]*\\[Ask again\\]`));
    const twice = await click(stage, ALICE, credential, { text: "End now" });
    assert.match(twice.text, new RegExp(`${id} has no access to end\\. Access has ended, and that was checked\\.`));
  });

  it("an approver revokes it with a button; who is none may not", async () => {
    const id = await access(ALICE, "revoke now");
    const root = await stage.message(INC_42, new RegExp(id));
    assert.match(
      (await click(stage, DAVE, root, { text: "Revoke now" })).text,
      /neither the requester nor an approver/,
    );
    assert.match(
      (await click(stage, CAROL, root, { text: "End now" })).text,
      new RegExp(`Only the requester.*approvers end its access: /breakglass revoke ${id} why`),
    );
    const card = await stage.message(APPROVALS, new RegExp(`${id}[\\s\\S]*\\[Revoke now\\]`));
    assert.match((await click(stage, BOB, card, { text: "Revoke now" })).text, /Recorded/);
    await stage.line(INC_42, id, /^Bob Ortiz revoked it\.$/);
    await gone(id);
  });

  it("an approver revokes it in one line, and says why", async () => {
    const id = await access(ALICE, "revoke by command");
    assert.match((await type(stage, CAROL, `revoke ${id}`)).text, /A revoke needs a reason\. For instance: /);
    assert.match((await type(stage, DAVE, `revoke ${id} not mine`)).text, /neither the requester nor an approver/);
    await type(stage, CAROL, `revoke ${id} wrong database`);
    await stage.line(INC_42, id, /^Carol Diaz revoked it: "wrong database"\.$/);
    await gone(id);
  });

  it("end without an id means the one that is open, and asks which when there are two", async () => {
    assert.match((await type(stage, BOB, "end")).text, /You have no open request/);
    const first = await access(BOB, "the first");
    const second = await ask(stage, BOB, "db writer the second, while the first is on");
    const which = await type(stage, BOB, "end");
    assert.match(which.text, new RegExp(`2 open requests: ${first} \\(db\\) and ${second} \\(db\\)`));
    await type(stage, BOB, `end ${second.slice(3).toLowerCase()}`);
    await stage.line(INC_42, second, /^Bob Ortiz withdrew the request\.$/);
    const ended = await type(stage, BOB, "end");
    assert.match(ended.text, new RegExp(`${first}: Access is being ended`));
    await gone(first);

    const third = await access(BOB, "the third");
    const { raw } = ended;
    assert.ok(raw);
    await stage.slack.workspace.delivery.resend(raw, { "x-slack-retry-num": "1" });
    assert.match(
      (await type(stage, BOB, "status")).text,
      new RegExp(`🟢 ${third}`),
      "an old delivery ended a new access",
    );
    await type(stage, BOB, "end");
    await gone(third);
  });

  it("the requester is warned before the deadline, and it comes all the same", async () => {
    const id = await access(ALICE, "the clock");
    const deadline = clock.now() + 600_000;
    clock.advance(470_000);
    assert.equal(stage.thread(INC_42, id).filter((line) => line.includes("left")).length, 0);
    clock.advance(11_000);
    await stage.line(INC_42, id, /^(1 min 5\d s|2 min) left\.$/);
    const warning = await stage.direct(ALICE, new RegExp(`${id} · (1 min 5\\d s|2 min) left`));
    assert.match(stage.readable(warning), /can't be extended; whoever needs more asks again[\s\S]*\[Ask again\]/);
    clock.advance(deadline - clock.now());
    await stage.line(INC_42, id, /^Time is up\.$/);
    await stage.line(INC_42, id, /^Gone, and checked: account removed, \d\.\d s after the deadline\./);
  });

  it("one access ends without touching another person's, or the same person's later one", async () => {
    const first = await access(ALICE, "first of three");
    const second = await access(ALICE, "second of three, by the same person");
    const third = await access(BOB, "third of three, by another");
    assert.deepEqual((await target.granted()).sort(), [first, second, third].map(nameOf).sort());
    await type(stage, ALICE, `end ${first}`);
    await gone(first);
    assert.deepEqual((await target.granted()).sort(), [second, third].map(nameOf).sort());
    await type(stage, CAROL, `revoke ${third} done`);
    await gone(third);
    assert.deepEqual(await target.granted(), [nameOf(second)]);
    await type(stage, ALICE, `end ${second}`);
    await gone(second);
  });

  it("status, list, who and help say what is open, and what may be asked", async () => {
    const on = await access(ALICE, "for the lists");
    const waiting = await ask(stage, BOB, "db writer waits");
    const status = await type(stage, CAROL, "status");
    assert.match(
      status.text,
      new RegExp(`You have no open request\\.\\nWaiting for your vote:\\n🟡 ${waiting} · Bob Ortiz`),
    );
    assert.match((await type(stage, ALICE, "status")).text, new RegExp(`^Yours:\\n🟢 ${on} · Alice Ng · writer on db`));
    const list = await type(stage, ALICE, "list");
    assert.match(list.text, new RegExp(`Open now:\\n🟢 ${on}.*\\n🟡 ${waiting}`));
    assert.match(list.text, /You may ask for:\n\/breakglass db writer Orders database: 10 min, at most 30 min/);
    const who = await type(stage, DAVE, "who db");
    assert.match(who.text, new RegExp(`On Orders database now:\\n🟢 ${on}`));
    assert.match(who.text, /writer takes 1 of Carol Diaz, Bob Ortiz/);
    assert.match(who.text, /reader is approved by policy\./);
    assert.match(
      (await type(stage, ALICE, "who nothing")).text,
      /no target "nothing"\. You may ask for: db writer or db reader/,
    );
    assert.match(
      (await type(stage, ALICE, "help")).text,
      /\/breakglass db writer 10m INC-42 what is broken asks in one line/,
    );
    const shown = await until(() => stage.slack.workspace.ephemerals(DAVE).at(-1), "an answer");
    assert.equal(shown.ephemeralTo, DAVE);
    await type(stage, ALICE, `end ${on}`);
    await gone(on);
  });
});
