import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Slack } from "../../src/demo/slack/start-slack.ts";
import { ALICE, MALLORY, SECURITY } from "../support/acme.ts";
import { ask, type, type Shown } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { T_ALICE, T_CAROL, T_SECURITY } from "../support/teams/seed.ts";
import { openTeamsStage, type TeamsStage } from "../support/teams/teams-stage.ts";
import { chatOf, readable } from "../support/teams/teamwork.ts";
import { until } from "../support/until.ts";

const DAY = 86_400_000;
const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      reader:
        grant: {}
        requesters: [sre]
        approval: { automatic: true, approvers: [leads] }
        duration: { default: 10m, max: 30m }
`;

describe("insights, in Slack and in Teams", () => {
  const clock = testClock();
  let target: CommandTarget;
  let stage: TeamsStage;
  let slack: Slack;
  let shown: Shown;

  before(async () => {
    target = await commandTarget();
    stage = await openTeamsStage({ targets: targets(target), withSlack: true, now: clock.now });
    assert.ok(stage.slack);
    slack = stage.slack;
    shown = { slack, readable: (message) => slack.workspace.readable(message) };
  });
  after(async () => {
    await stage.stop();
    await target.remove();
  });

  const channel = (id: string) => slack.workspace.messages(id).map(shown.readable);
  const inTeams = (conversation: string) => stage.teams.work.in(conversation);
  const pngs = (text: string) => text.match(/📎 .*\.png/g)?.length ?? 0;

  it("are answered in words to whoever asks alone, with pictures in their direct messages", async () => {
    const id = await ask(shown, ALICE, "db reader INC-42 look");
    await until(() => channel("C0INC42").find((said) => said.includes("🟢")), "access");
    await type(shown, ALICE, `end ${id}`);
    const { text } = await type(shown, ALICE, "insights db 30");
    assert.match(text, /^\*?Break-glass access to db: the last 30 days/);
    assert.match(text, /1 request, and access once: 1 \(100 %\) automatic\./);
    assert.match(text, /By whom\*?\nAlice Ng 1\./);
    const direct = await until(
      () =>
        slack.workspace
          .messages(slack.workspace.dm(ALICE).id)
          .map(shown.readable)
          .find((said) => pngs(said) > 0),
      "pictures in the direct messages",
    );
    assert.ok(pngs(direct) >= 3, direct);
    const files = slack.workspace.messages(slack.workspace.dm(ALICE).id).flatMap((message) => message.files ?? []);
    assert.ok(files.every(({ alt_txt, title }) => alt_txt === title));
    assert.match((await type(shown, ALICE, "insights nothing-db")).text, /Nobody asked for a target "nothing-db"/);
    assert.match((await type(shown, MALLORY, "insights")).text, /The policy does not know you/);
  });

  it("are one message with its pictures in Teams", async () => {
    assert.equal((await stage.teams.as(T_CAROL).write("insights")).status, 200);
    const answer = await until(
      () => inTeams(chatOf(T_CAROL)).find(({ pictures }) => pictures.length > 0),
      "an answer with pictures",
    );
    assert.match(readable(answer), /^Break-glass access to all targets[^]*1 request, and access once/);
    assert.match(readable(answer), /📎 Uses by target and role: 1 role of all targets, the most used first/);
    assert.equal((await stage.teams.as(T_ALICE).write("insights db db")).status, 200);
    await until(
      () =>
        inTeams(chatOf(T_ALICE))
          .map(readable)
          .find((said) => said.includes("@Breakglass insights orders-db 30")),
      "what would be right",
    );
  });

  it("are told of each month when it is over, in both, once, with the pictures under it", async () => {
    const month = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", month: "long", year: "numeric" }).format(
      clock.now(),
    );
    const now = new Date(clock.now());
    clock.advance(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1, 0, 5) - clock.now());
    const told = new RegExp(`^\\*?Break-glass access to all targets: ${month}`);
    const root = await until(
      () => slack.workspace.messages(SECURITY).find((message) => told.test(shown.readable(message))),
      "the month's insights in Slack",
      () => channel(SECURITY).join("\n---\n"),
    );
    const thread = () => slack.workspace.thread(SECURITY, root.ts).slice(1).map(shown.readable);
    await until(
      () => thread().find((said) => pngs(said) >= 3),
      "their pictures",
      () => thread().join(),
    );
    await until(
      () => inTeams(T_SECURITY).find(({ pictures }) => pictures.length > 0),
      "both in Teams",
      () => inTeams(T_SECURITY).map(readable).join("\n---\n"),
    );
    await stage.bot.stop();
    await stage.startAgain();
    clock.advance(DAY);
    const id = await ask(shown, ALICE, "db reader INC-43 look again");
    await until(() => channel("C0INC42").find((said) => said.includes(id)), "that all goes on");
    assert.equal(channel(SECURITY).filter((said) => told.test(said)).length, 1);
    assert.equal(thread().length, 1);
    assert.equal(inTeams(T_SECURITY).filter((message) => told.test(readable(message))).length, 1);
  });
});
