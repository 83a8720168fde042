import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { ALICE, APPROVALS, CAROL, INC_42, INCIDENTS, SECURITY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, type Stage } from "../support/stage.ts";
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
        duration: { default: 15m, max: 30m }
`;

const LIFE = [
  /^Alice Ng asked for writer/,
  /^Carol Diaz approved\.$/,
  /^Access is on: bg_/,
  /^Alice Ng got the credential/,
  /^Alice Ng ended it\.$/,
  /^Gone, and checked/,
];

describe("while chat is in trouble", () => {
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    // Two messages at once in a channel, then one a second.
    stage = await openStage({ targets: targets(target), slack: { rate: { perSecond: 1, burst: 3 } } });
  });

  afterEach(() => {
    stage.slack.faults.clear();
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  /** Every line is there once, in order, and every post of the program stands once. */
  function assertWhole(channel: string, id: string, life: readonly RegExp[] = LIFE): void {
    const lines = stage.thread(channel, id);
    assert.equal(lines.length, life.length, lines.join("\n"));
    for (const [index, pattern] of life.entries()) assert.match(lines[index] ?? "", pattern);
    const { workspace } = stage.slack;
    const keys = [INC_42, INCIDENTS, APPROVALS, SECURITY, workspace.dm(ALICE).id]
      .flatMap((place) => workspace.messages(place))
      .flatMap(({ metadata }) => {
        const { request, key } = metadata?.event_payload ?? {};
        return request === id ? String(key).split(" ") : [];
      });
    assert.deepEqual(keys.toSorted(), [...new Set(keys)].toSorted(), "something was said twice");
  }

  async function approve(id: string): Promise<void> {
    await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await until(async () => ((await target.granted()).length === 1 ? true : undefined), "access");
  }

  async function live(id: string, channel = INC_42): Promise<void> {
    await approve(id);
    await stage.line(channel, id, /got the credential/);
    await type(stage, ALICE, `end ${id}`);
    await until(async () => ((await target.granted()).length === 0 ? true : undefined), "the end of it");
  }

  it("a channel that takes no more for now gets the waiting lines together, in order, none missing, none twice", async () => {
    const id = await ask(stage, ALICE, "db writer too many messages");
    await live(id);
    await stage.line(INC_42, id, /^Gone, and checked/);
    assertWhole(INC_42, id);
    const root = await stage.message(INC_42, new RegExp(`${id} .* ended`));
    const replies = stage.slack.workspace.thread(INC_42, root.ts).length - 1;
    assert.ok(replies < LIFE.length, `${LIFE.length} lines in ${replies} messages`);
    const refused = stage.slack.calls.list("chat.postMessage").filter(({ status }) => status === 429);
    assert.ok(refused.length > 0 && refused.length < 12, `asked ${refused.length} times although it was told to wait`);
  });

  it("a message whose answer is lost stands once, also in a channel that the bot had not joined", async () => {
    for (const nth of [1, 2, 3]) {
      for (let each = 0; each < nth; each++) stage.slack.faults.next("chat.postMessage", { loseAnswer: true });
      const id = await ask(stage, ALICE, `db writer lost answer ${nth}`);
      await stage.line(INC_42, id, LIFE[0] ?? /^$/);
      stage.slack.faults.next("chat.postMessage", { loseAnswer: true });
      await live(id);
      stage.slack.faults.next("chat.postMessage", { loseAnswer: true });
      await stage.line(INC_42, id, /^Gone, and checked/);
      await stage.direct(ALICE, new RegExp(`${id} · access has ended`));
      assertWhole(INC_42, id);
      stage.slack.faults.clear();
    }
  });

  it("an outage holds up no revoke, and afterwards the thread is whole", async () => {
    const id = await ask(stage, ALICE, "db writer 3s Slack is away");
    await approve(id);
    const began = Date.now();
    stage.slack.faults.outage(true);
    await until(async () => ((await target.granted()).length === 0 ? true : undefined), "the end of it");
    const took = Date.now() - began;
    assert.ok(took < 4_500, `the revoke came after ${took} ms`);
    stage.slack.faults.clear();
    await stage.line(INC_42, id, /^Gone, and checked: account removed, 0\.\d s after the deadline/);
    const lines = stage.thread(INC_42, id);
    assert.ok(lines.includes("Time is up."), lines.join("\n"));
    assert.equal(new Set(lines).size, lines.length, lines.join("\n"));
    await stage.message(INC_42, new RegExp(`⚪ ${id} .* ended`));
  });

  it("a root message that somebody deleted costs the request no line", async () => {
    const id = await ask(stage, ALICE, "db writer a deleted root");
    await stage.line(INC_42, id, LIFE[0] ?? /^$/);
    const card = await stage.message(APPROVALS, new RegExp(id));
    const { history } = stage.slack.workspace;
    history.remove(history.find(APPROVALS, card.ts) ?? assert.fail("no card"));
    await click(stage, CAROL, card, { text: "Approve" });
    await stage.line(INC_42, id, /^Access is on/);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^Gone, and checked/);
    assert.deepEqual(await target.granted(), []);
  });

  it("an archived incident channel costs the request no thread: it stands in the policy's own", async () => {
    const channel = stage.slack.workspace.conversations.find(INC_42) ?? assert.fail("no channel");
    channel.archived = true;
    const id = await ask(stage, ALICE, "db writer the channel is archived");
    await live(id, INCIDENTS);
    await stage.line(INCIDENTS, id, /^Gone, and checked/);
    channel.archived = false;
    assertWhole(INCIDENTS, id);
  });
});
