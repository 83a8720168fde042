import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { ACME, ALICE, APPROVALS, BOB, CAROL, DAVE, INC_42 } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { entries } from "../support/entries.ts";
import { idIn, openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: { quorum: 2, approvers: [leads, dba] }
        duration: { default: 15m, max: 30m }
      reader:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;

describe("Slack over Socket Mode", () => {
  const clock = testClock();
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({
      targets: targets(target),
      now: clock.now,
      slack: { ...UNHURRIED, now: clock.now, ackWithin: 1_000 },
      // Without a signing secret: nothing comes over HTTP.
      env: { SLACK_APP_TOKEN: ACME.appToken, SLACK_SIGNING_SECRET: "" },
    });
    await until(() => (stage.slack.sockets.count > 0 ? true : undefined), "a socket");
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  /** Gives what waits until somebody's next call has arrived: their account, forgotten here, is looked up again for it. */
  function called(account: string): () => Promise<unknown> {
    clock.advance(61_000);
    const lookUps = () => stage.slack.calls.list("users.info").filter(({ args }) => args["user"] === account).length;
    const before = lookUps();
    return () => until(() => (lookUps() > before ? true : undefined), "a call in hand");
  }

  it("is asked for at the address that the environment names, with the app's token", () => {
    const [first] = stage.slack.calls.list("apps.connections.open");
    assert.equal(first?.answer["ok"], true);
    assert.match(stage.bot.summary[0] ?? "", /Acme \(T0ACME\), over Socket Mode/);
  });

  it("takes commands, clicks and forms", async () => {
    const id = await ask(stage, ALICE, "db reader by command");
    const card = await stage.message(APPROVALS, new RegExp(id));
    assert.match((await click(stage, CAROL, card, { text: "Approve" })).text, /Recorded/);
    await stage.line(INC_42, id, /^Access is on/);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /Gone, and checked/);

    const alice = stage.slack.workspace.as(ALICE);
    await alice.command("/breakglass", "", { channel: INC_42 });
    const form = await until(() => alice.view() ?? undefined, "a form");
    assert.equal((await alice.submit(form, { justification: "by form" })).problem, null);
    const second = idIn(stage.readable(await stage.direct(ALICE, /waiting for approval/)));
    await stage.line(INC_42, second, /by form/);

    const carol = stage.slack.workspace.as(CAROL);
    await carol.click(await stage.message(APPROVALS, new RegExp(second)), { text: "Deny" });
    const deny = await until(() => carol.view() ?? undefined, "a form");
    await carol.submit(deny, { reason: "not now" });
    await stage.line(INC_42, second, /^Carol Diaz denied: "not now"\.$/);
  });

  it("changes nothing at a doubled delivery", async () => {
    const asked = await type(stage, ALICE, "db writer twice over the socket");
    const id = idIn(asked.text);
    const card = await stage.message(APPROVALS, new RegExp(id));
    const approved = await click(stage, CAROL, card, { text: "Approve" });
    const count = await entries(stage);
    assert.ok(asked.raw && approved.raw);
    const again = await stage.slack.workspace.delivery.resend(asked.raw);
    assert.match(JSON.stringify(again.body), new RegExp(`${id} · waiting for approval`));
    await stage.slack.workspace.delivery.resend(approved.raw);
    await stage.ephemeral(CAROL, /approval is already counted/);
    assert.equal(await entries(stage), count);

    const ended = await type(stage, ALICE, "end");
    assert.match(ended.text, new RegExp(id));
    const next = await ask(stage, ALICE, "db writer the next one");
    const before = await entries(stage);
    assert.ok(ended.raw);
    const endedAgain = await stage.slack.workspace.delivery.resend(ended.raw);
    assert.match(JSON.stringify(endedAgain.body), /received already/);
    assert.equal(await entries(stage), before);
    await type(stage, ALICE, `end ${next}`);
  });

  it("does nothing for another app or workspace", async () => {
    const id = await ask(stage, ALICE, "db writer for our own eyes");
    const card = await stage.message(APPROVALS, new RegExp(id));
    const count = await entries(stage);
    const alice = stage.slack.workspace.as(ALICE);
    const carol = stage.slack.workspace.as(CAROL);
    const foreign = [{ appId: "A0OTHER" }, { teamId: "T0OTHER" }].flatMap((tamper) => [
      alice.command("/breakglass", "db reader INC-42", { channel: INC_42, ...tamper }),
      carol.click(card, { text: "Approve" }, tamper),
    ]);
    // What comes after them is answered, so they were not merely late.
    assert.match((await type(stage, ALICE, "status")).text, new RegExp(id));
    for (const { body, problem } of await Promise.all(foreign)) {
      assert.equal(body, null);
      assert.equal(problem, "operation_timeout");
    }
    assert.equal(await entries(stage), count);
    await type(stage, ALICE, `end ${id}`);
  });

  const again = async (sockets: number) => {
    const { sockets: open, calls } = stage.slack;
    const made = () => calls.list("apps.connections.open").filter(({ answer }) => answer["ok"] === true).length;
    await until(() => (made() > sockets && open.count > 0 ? true : undefined), "a new socket");
    assert.match((await type(stage, ALICE, "status")).text, /no open request/);
    return made();
  };
  const readiness = async () => {
    const answer = await fetch(`${stage.bot.url}/readyz`);
    return { status: answer.status, text: await answer.text() };
  };

  const ready = async () => await until(async () => ((await readiness()).status === 200 ? true : undefined), "a 200");

  it("connects again when Slack asks it to, when the line breaks, and after an outage", async () => {
    stage.slack.sockets.refresh();
    const refreshed = await again(1);
    stage.slack.sockets.drop();
    const mended = await again(refreshed);
    stage.slack.faults.outage(true);
    const away = await until(async () => {
      const answer = await readiness();
      return answer.status === 503 ? answer : undefined;
    }, "a 503");
    assert.match(away.text, /no socket to Slack|could not be reached/);
    stage.slack.faults.clear();
    await again(mended);
    await ready();
  });

  it("acknowledges what is in hand before it stops", async () => {
    const { workspace } = stage.slack;
    const inHand = called(DAVE);
    stage.redis.pause();
    const sent = workspace.as(DAVE).command("/breakglass", "who db", { channel: INC_42 });
    await inHand();
    const stopped = stage.bot.stop();
    stage.redis.resume();
    assert.equal((await sent).problem, null);
    await stopped;
    assert.equal(stage.slack.sockets.count, 0);
    await stage.startAgain();
  });

  it("tells what was recorded when the line broke before it could be acknowledged", async () => {
    const { sockets, workspace } = stage.slack;
    await until(() => (sockets.count > 0 ? true : undefined), "a socket");
    const shown = workspace.ephemerals(BOB).length;
    const inHand = called(BOB);
    // With Redis silent the request is in hand, and can't be recorded yet.
    stage.redis.pause();
    const sent = workspace.as(BOB).command("/breakglass", "db reader cut off", { channel: INC_42 });
    await inHand();
    sockets.drop();
    stage.redis.resume();
    const told = async () =>
      await until(
        () =>
          workspace
            .ephemerals(BOB)
            .slice(shown)
            .map(stage.readable)
            .find((text) => text.includes("Recorded")),
        "an answer",
      );
    const id = idIn(await told());
    assert.equal((await sent).problem, "operation_timeout");
    await stage.line(INC_42, id, /cut off/);
    await until(() => (sockets.count > 0 ? true : undefined), "a socket");
    await type(stage, BOB, `end ${id}`);
  });

  it("starts without Slack, says so, and connects when Slack is there", async () => {
    await stage.bot.stop();
    stage.slack.faults.outage("drop");
    await stage.startAgain();
    const { status, text } = await readiness();
    assert.equal(status, 503);
    assert.match(text, /"chat":/);
    assert.equal((await fetch(`${stage.bot.url}/healthz`)).status, 200);
    stage.slack.faults.clear();
    await ready();
    await again(0);
  });

  it("stops while Slack is away", async () => {
    stage.slack.faults.outage(true);
    await until(async () => ((await readiness()).text.includes("no socket") ? true : undefined), "a broken line");
    await stage.bot.stop();
    stage.slack.faults.clear();
    await stage.startAgain();
  });
});
