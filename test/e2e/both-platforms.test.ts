import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { Message } from "../../src/demo/slack/workspace/message.ts";
import { ALICE, APPROVALS, CAROL, DAVE, INC_42, INCIDENTS } from "../support/acme.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { idIn } from "../support/stage.ts";
import { T_ALICE, T_APPROVALS, T_BOB, T_CAROL, T_INC_42, T_INCIDENTS } from "../support/teams/seed.ts";
import { openTeamsStage, type TeamsStage } from "../support/teams/teams-stage.ts";
import { chatOf, readable } from "../support/teams/teamwork.ts";
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
      reader:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads], quorum: 2 }
        duration: { default: 15m, max: 30m }
`;

describe("Slack and Teams at once", () => {
  let target: CommandTarget;
  let stage: TeamsStage;

  before(async () => {
    target = await commandTarget();
    stage = await openTeamsStage({ targets: targets(target), withSlack: true });
  });
  afterEach(() => {
    stage.slack?.faults.clear();
    stage.teams.faults.clear();
  });
  after(async () => {
    await stage.stop();
    await target.remove();
  });

  const workspace = () => {
    assert.ok(stage.slack);
    return stage.slack.workspace;
  };
  const inSlack = async (channel: string, pattern: RegExp) =>
    await until(
      () =>
        workspace()
          .messages(channel)
          .findLast((each) => pattern.test(workspace().readable(each))),
      `in Slack, a message like ${String(pattern)}`,
      () =>
        workspace()
          .messages(channel)
          .map((each) => workspace().readable(each))
          .join("\n---\n"),
    );
  const inTeams = async (channel: string, pattern: RegExp) => await stage.message(channel, pattern);
  const slackThread = (root: Message) =>
    workspace()
      .thread(root.channel, root.ts)
      .slice(1)
      .map((each) =>
        workspace()
          .readable(each)
          .replace(/^.*?\d\d:\d\d:\d\d(?: UTC)?\s+/, ""),
      );
  const askInSlack = async (user: string, text: string) => {
    const before = workspace().ephemerals(user).length;
    await workspace().as(user).command("/breakglass", text, { channel: INC_42 });
    const receipt = await until(
      () =>
        workspace()
          .ephemerals(user)
          .slice(before)
          .map((each) => workspace().readable(each))
          .find((each) => each.includes("Recorded")),
      "a receipt",
      () =>
        workspace()
          .ephemerals(user)
          .slice(before)
          .map((each) => workspace().readable(each))
          .join("\n"),
    );
    return idIn(receipt);
  };
  const saidTo = (user: string) =>
    workspace()
      .ephemerals(user)
      .map((each) => workspace().readable(each))
      .join("\n");

  it("a request made in Slack has a card in both; approved in Teams, both turn, and both threads are whole", async () => {
    const id = await askInSlack(ALICE, "db writer asked in Slack");
    const [here, there] = [await inSlack(APPROVALS, new RegExp(id)), await inTeams(T_APPROVALS, new RegExp(id))];
    // Its own incident channel belongs to the platform it was typed in.
    const root = await inSlack(INC_42, new RegExp(id));
    await inTeams(T_INCIDENTS, new RegExp(id));
    assert.match((await stage.teams.as(T_BOB).click(there, "Approve")).text, /^Recorded/);
    assert.equal((await inSlack(APPROVALS, /Approved by Bob Ortiz/)).ts, here.ts);
    assert.equal((await inTeams(T_APPROVALS, /Approved by Bob Ortiz/)).id, there.id);
    await stage.line(T_INCIDENTS, id, /^Access is on/);
    await until(() => slackThread(root).find((line) => line.startsWith("Access is on")), "the Slack thread");
    assert.deepEqual(slackThread(root).map(timeless), stage.thread(T_INCIDENTS, id).map(timeless));
    // The way in is told once, where it was asked for; notices come to both.
    await inSlack(workspace().dm(ALICE).id, /Open credential/);
    assert.ok(!stage.teams.work.in(chatOf(T_ALICE)).some((each) => readable(each).includes("Open credential")));
    await workspace().as(ALICE).command("/breakglass", `end ${id}`, { channel: INC_42 });
    await stage.direct(T_ALICE, new RegExp(`${id} · access has ended`));
    await inSlack(workspace().dm(ALICE).id, new RegExp(`${id} · access has ended`));
  });

  it("a request made in Teams has its thread where it was typed, and in Slack in the policy's channel", async () => {
    await stage.teams.as(T_ALICE).mention(T_INC_42, "db writer asked in Teams");
    const id = idIn(readable(await inTeams(T_APPROVALS, /asked in Teams/)));
    await stage.direct(T_ALICE, new RegExp(`${id}[\\s\\S]*Recorded: writer`));
    await stage.line(T_INC_42, id, /asked for writer/);
    const root = await inSlack(INCIDENTS, new RegExp(id));
    const card = await inSlack(APPROVALS, new RegExp(id));
    await workspace().as(CAROL).click(card, { text: "Approve" });
    await inTeams(T_APPROVALS, new RegExp(`${id}[\\s\\S]*Approved by Carol Diaz`));
    await stage.direct(T_ALICE, /Open credential/);
    assert.ok(
      !workspace()
        .messages(workspace().dm(ALICE).id)
        .some((each) => new RegExp(`${id}[\\s\\S]*Open credential`).test(workspace().readable(each))),
    );
    await stage.teams.as(T_ALICE).write(`end ${id}`);
    await stage.line(T_INC_42, id, /^Gone, and checked/);
    await until(() => slackThread(root).find((line) => line.startsWith("Gone, and checked")), "the Slack thread's end");
  });

  it("P10: one person with two accounts is one person: no approval of one's own, and one vote", async () => {
    const id = await askInSlack(ALICE, "db reader two accounts");
    const there = await inTeams(T_APPROVALS, new RegExp(id));
    const here = await inSlack(APPROVALS, new RegExp(id));
    assert.match((await stage.teams.as(T_ALICE).click(there, "Approve")).text, /Nobody decides on their own request/);
    assert.match((await stage.teams.as(T_CAROL).click(there, "Approve")).text, /1 of 2/);
    await workspace().as(CAROL).click(here, { text: "Approve" });
    await until(
      () => (saidTo(CAROL).includes("already counted") ? true : undefined),
      "the refusal",
      () => saidTo(CAROL),
    );
    assert.match((await stage.teams.as(T_BOB).click(there, "Approve")).text, /approved by Carol Diaz and Bob Ortiz/);
    await stage.teams.as(T_ALICE).write(`end ${id}`);
    await stage.line(T_INCIDENTS, id, /^Gone, and checked/);
  });

  it("whoever has an account in one platform alone is told there", async () => {
    const id = await askInSlack(DAVE, "db writer only in Slack");
    await stage.teams.as(T_BOB).click(await inTeams(T_APPROVALS, new RegExp(id)), "Approve");
    await inSlack(workspace().dm(DAVE).id, /Open credential/);
    await workspace().as(DAVE).command("/breakglass", `end ${id}`, { channel: INC_42 });
    await stage.line(T_INCIDENTS, id, /^Gone, and checked/);
  });

  for (const [away, outage] of [
    ["refuses everything", "drop"],
    ["answers nothing", "hang"],
  ] as const) {
    it(`a Slack that ${away} delays nothing in Teams, and is told afterwards`, async () => {
      const { slack } = stage;
      assert.ok(slack);
      if (outage === "drop") slack.faults.outage("drop");
      else for (let nth = 0; nth < 30; nth++) slack.faults.next("*", { hang: true });
      const began = Date.now();
      await stage.teams.as(T_ALICE).write(`db writer while Slack ${away}`);
      const card = await inTeams(T_APPROVALS, new RegExp(`while Slack ${away}`));
      const id = idIn(readable(card));
      await stage.direct(T_ALICE, new RegExp(`${id}[\\s\\S]*Recorded: writer`));
      assert.match((await stage.teams.as(T_BOB).click(card, "Approve")).text, /^Recorded/);
      await inTeams(T_APPROVALS, new RegExp(`${id}[\\s\\S]*Approved by Bob Ortiz`));
      await stage.line(T_INCIDENTS, id, /^Access is on/);
      await stage.teams.as(T_ALICE).write(`end ${id}`);
      await stage.line(T_INCIDENTS, id, /^Gone, and checked/);
      const tookMs = Date.now() - began;
      assert.ok(tookMs < 8_000, `it took ${tookMs} ms in Teams`);
      slack.faults.clear();
      const root = await inSlack(INCIDENTS, new RegExp(id));
      await until(
        () => slackThread(root).find((line) => line.startsWith("Gone, and checked")),
        "the Slack thread's end",
      );
    });
  }
});

/** Without what is written in each platform in its own way: times. */
function timeless(line: string): string {
  return line.replace(/until .*/, "until …");
}
