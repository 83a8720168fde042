import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { SlackOptions } from "../../src/demo/slack/start-slack.ts";
import type { Message } from "../../src/demo/slack/workspace/message.ts";
import { ALICE, APPROVALS, BOB, CAROL, INC_42, INCIDENTS, SECURITY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openCredential } from "../support/credential.ts";
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
        duration: { default: 15m, max: 30m }
`;

const ASKED = /^(Alice Ng|Bob Ortiz) asked for writer/;
const ON = /^Access is on: bg_/;
const GONE = /^Gone, and checked/;
const LIFE = [ASKED, /^Carol Diaz approved\.$/, ON, /^Alice Ng ended it\.$/, GONE];

/** Each suite has a bot of its own, so that they can wait at the same time. */
const AT_ONCE = { concurrency: true } as const;
const ONE_BY_ONE = { concurrency: 1 } as const;

/** A whole bot and what tests of this file do with it. */
function scene(slack: Partial<SlackOptions>) {
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({ targets: targets(target), slack });
  });

  afterEach(() => {
    stage.slack.faults.clear();
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  const granted = async (count: number) =>
    await until(async () => ((await target.granted()).length === count ? true : undefined), `${count} accesses`);

  const approve = async (id: string) => {
    await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
  };

  return {
    get stage() {
      return stage;
    },
    granted,
    approve,

    /** Every line is there once, in order, and every post of the program stands once. */
    assertWhole(channel: string, id: string, life: readonly RegExp[] = LIFE): void {
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
    },

    /** Approved, given, ended. */
    async live(id: string, channel = INC_42): Promise<void> {
      await approve(id);
      await granted(1);
      await stage.line(channel, id, ON);
      await type(stage, ALICE, `end ${id}`);
      await granted(0);
    },
  };
}

describe("while chat is in trouble", AT_ONCE, () => {
  describe("channels take three messages at once, then one every four seconds", ONE_BY_ONE, () => {
    const at = scene({ rate: { perSecond: 0.25, burst: 3 } });

    it("the waiting lines come together, in order, none missing, none twice", async () => {
      const { stage } = at;
      const id = await ask(stage, ALICE, "db writer too many messages");
      await at.approve(id);
      await openCredential(stage, ALICE, id);
      await type(stage, ALICE, `end ${id}`);
      await stage.line(INC_42, id, GONE);
      at.assertWhole(INC_42, id, LIFE.toSpliced(3, 0, /^Alice Ng opened the credential\.$/));
      const root = await stage.message(INC_42, new RegExp(`${id} .* ended`));
      const replies = stage.slack.workspace.thread(INC_42, root.ts).length - 1;
      assert.ok(replies <= LIFE.length, `${LIFE.length + 1} lines in ${replies} messages`);
      const refused = stage.slack.calls.list("chat.postMessage").filter(({ status }) => status === 429);
      assert.ok(refused.length > 0, "it was never told to wait");
      assert.ok(refused.length < 8, `asked ${refused.length} times although it was told to wait`);
    });
  });

  describe("answers get lost, and Slack's clock is a minute behind ours", ONE_BY_ONE, () => {
    const at = scene({ ...UNHURRIED, now: () => Date.now() - 60_000 });

    for (const nth of [1, 3]) {
      it(`what was said stands once when ${nth} answers in a row are lost, also where the bot had not joined`, async () => {
        const { stage } = at;
        const lose = (count: number) => {
          for (let each = 0; each < count; each++) stage.slack.faults.next("chat.postMessage", { loseAnswer: true });
        };
        lose(nth);
        const id = await ask(stage, ALICE, `db writer lost answer ${nth}`);
        await stage.line(INC_42, id, ASKED);
        lose(1);
        await at.live(id);
        lose(1);
        await stage.line(INC_42, id, GONE);
        await stage.direct(ALICE, new RegExp(`${id} · access has ended`));
        at.assertWhole(INC_42, id);
      });
    }
  });

  describe("Slack is away", ONE_BY_ONE, () => {
    const at = scene(UNHURRIED);

    it("access is given and taken away in time, and afterwards the thread is whole", async () => {
      const { stage } = at;
      const id = await ask(stage, ALICE, "db writer 2s Slack is away");
      const card = await stage.message(APPROVALS, new RegExp(id));
      await stage.line(INC_42, id, ASKED);
      // An account that was looked up a moment ago is known for a while.
      await type(stage, CAROL, "status");
      stage.slack.faults.outage("drop");
      const began = Date.now();
      await stage.slack.workspace.as(CAROL).click(card, { text: "Approve" });
      await at.granted(1);
      assert.ok(Date.now() - began < 1_500, `access came after ${Date.now() - began} ms`);
      await at.granted(0);
      assert.ok(Date.now() - began < 4_500, `it was taken away after ${Date.now() - began} ms`);
      stage.slack.faults.clear();
      await stage.line(INC_42, id, /^Gone, and checked: account removed, 0\.\d s after the deadline/);
      at.assertWhole(INC_42, id, [ASKED, /^Carol Diaz approved\.$/, ON, /^\d s left\.$/, /^Time is up\.$/, GONE]);
      await stage.message(INC_42, new RegExp(`⚪ ${id} .* ended`));
    });
  });

  describe("places come to an end", ONE_BY_ONE, () => {
    const at = scene(UNHURRIED);

    it("a card that somebody deleted costs the request no line", async () => {
      const { stage } = at;
      const id = await ask(stage, ALICE, "db writer a deleted card");
      await stage.line(INC_42, id, ASKED);
      const card = await stage.message(APPROVALS, new RegExp(id));
      remove(stage, card);
      await click(stage, CAROL, card, { text: "Approve" });
      await stage.line(INC_42, id, ON);
      await type(stage, ALICE, `end ${id}`);
      await stage.line(INC_42, id, GONE);
      await at.granted(0);
    });

    it("a thread that somebody deleted goes on under a new root, in the same channel", async () => {
      const { stage } = at;
      const id = await ask(stage, ALICE, "db writer a deleted thread");
      await stage.line(INC_42, id, ASKED);
      const root = await stage.message(INC_42, new RegExp(id));
      for (const message of stage.slack.workspace.thread(INC_42, root.ts).reverse()) remove(stage, message);
      await at.live(id);
      await stage.line(INC_42, id, GONE);
      at.assertWhole(INC_42, id, LIFE.slice(1));
    });

    it("a channel that is archived before anything stands there: the policy's own has the thread", async () => {
      const { stage } = at;
      await archived(stage, async () => {
        const id = await ask(stage, ALICE, "db writer the channel is archived");
        await at.live(id, INCIDENTS);
        await stage.line(INCIDENTS, id, GONE);
        at.assertWhole(INCIDENTS, id);
      });
    });

    it("a channel that is archived in the middle: the thread goes on in the policy's own", async () => {
      const { stage } = at;
      const id = await ask(stage, ALICE, "db writer the channel gets archived");
      await at.approve(id);
      await stage.line(INC_42, id, ON);
      await archived(stage, async () => {
        await type(stage, ALICE, `end ${id}`);
        await stage.line(INCIDENTS, id, GONE);
        await stage.message(INCIDENTS, new RegExp(`⚪ ${id} .* ended`));
        await stage.direct(ALICE, new RegExp(`${id} · access has ended`));
      });
      assert.equal(stage.thread(INC_42, id).length, 3);
      assert.equal(stage.thread(INCIDENTS, id).length, 2);
    });

    it("a direct message that is refused is told in the thread, once, and the way in comes when it can", async () => {
      const { stage } = at;
      for (let nth = 0; nth < 50; nth++) stage.slack.faults.next("conversations.open", { error: "cannot_dm_bot" });
      const id = await ask(stage, BOB, "db writer no direct message");
      await at.approve(id);
      const line = await stage.line(INC_42, id, /has no credential yet/);
      assert.match(line, /^Bob Ortiz has no credential yet, chat refuses the direct message: .*cannot_dm_bot/);
      await at.granted(1);
      stage.slack.faults.clear();
      await stage.direct(BOB, new RegExp(`${id} · access is on[^]*shown once`));
      assert.equal(stage.thread(INC_42, id).filter((each) => each.includes("has no credential yet")).length, 1);
      await type(stage, BOB, `end ${id}`);
      await stage.line(INC_42, id, /^Gone, and checked/);
    });

    it("a channel that has to wait for long holds up no other, not even one that failed", async () => {
      const { stage } = at;
      stage.slack.faults.next("chat.postMessage", { retryAfter: 600 });
      stage.slack.faults.next("chat.postMessage", { status: 500 });
      const id = await ask(stage, ALICE, "db writer one channel waits");
      const began = Date.now();
      const holds = (channel: string) =>
        stage.slack.workspace.messages(channel).some((message) => stage.readable(message).includes(id));
      const other = await until(() => [APPROVALS, INC_42].find(holds), "either of both");
      assert.ok(Date.now() - began < 5_000, "it waited for the other");
      await type(stage, ALICE, `end ${id}`);
      await stage.message(other, new RegExp(`⚪ ${id}`));
      assert.ok(!holds(APPROVALS) || !holds(INC_42), "Slack was asked although it had said to wait");
    });
  });
});

function remove(stage: Stage, message: Message): void {
  const { history } = stage.slack.workspace;
  history.remove(history.find(message.channel, message.ts) ?? assert.fail("no such message"));
}

/** Archives the incident's channel while something happens. */
async function archived(stage: Stage, meanwhile: () => Promise<void>): Promise<void> {
  const channel = stage.slack.workspace.conversations.find(INC_42) ?? assert.fail("no channel");
  channel.archived = true;
  try {
    await meanwhile();
  } finally {
    channel.archived = false;
  }
}
