import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { WorkspaceSeed } from "../../src/demo/slack/workspace/seed.ts";
import { ACME, ALICE, INC_42, INCIDENTS } from "../support/acme.ts";
import { ask, type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
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
        approval: { approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;

const PRIVATE = "C0PRIVATE";
const ALONE = "C0ALONE";
const ELSEWHERE = "C0TEAM";
const seed: WorkspaceSeed = {
  ...ACME,
  channels: [
    ...ACME.channels,
    { id: PRIVATE, name: "inc-43-breach", private: true, botIsMember: true, members: [ALICE] },
    { id: ALONE, name: "inc-44-without-the-bot", private: true, members: [ALICE] },
    { id: ELSEWHERE, name: "team", private: true, botIsMember: true, members: [ALICE] },
  ],
};

describe("where a request's thread stands", () => {
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({ targets: targets(target), slack: { ...UNHURRIED, seed } });
  });

  afterEach(async () => {
    stage.slack.faults.clear();
    await type(stage, ALICE, "end");
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  const stands = async (channel: string, id: string) => await stage.line(channel, id, /^Alice Ng asked for/);

  it("in the incident channel it was typed in", async () => {
    await stands(INC_42, await ask(stage, ALICE, "db writer typed in public", INC_42));
  });

  it("in the policy's, when it was typed anywhere else", async () => {
    const { text } = await type(stage, ALICE, "db writer typed to the bot", {
      channel: stage.slack.workspace.dm(ALICE).id,
    });
    await stands(INCIDENTS, idIn(text));
  });

  it("in a private incident channel, whose name Slack hides and tells when asked", async () => {
    const id = await ask(stage, ALICE, "db writer typed in private", PRIVATE);
    await stands(PRIVATE, id);
    assert.equal(stage.thread(INCIDENTS, id).length, 0);
  });

  it("in a private incident channel also when the form was opened there", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    await alice.command("/breakglass", "", { channel: PRIVATE });
    const form = await until(() => alice.view() ?? undefined, "a form");
    await alice.submit(form, { justification: "by form, in private" });
    await stands(PRIVATE, idIn(stage.readable(await stage.direct(ALICE, /waiting for approval/))));
  });

  it("in the policy's, when the private channel is no incident's", async () => {
    await stands(INCIDENTS, await ask(stage, ALICE, "db writer a team's channel", ELSEWHERE));
  });

  it("in the policy's, when the bot is not in the private channel", async () => {
    await stands(INCIDENTS, await ask(stage, ALICE, "db writer without the bot", ALONE));
  });

  it("in the policy's, when Slack does not tell the name in time; the answer does not wait for it", async () => {
    stage.slack.faults.next("conversations.info", { hang: true });
    const began = Date.now();
    const answer = await type(stage, ALICE, "db writer a slow name", { channel: PRIVATE });
    const took = Date.now() - began;
    assert.ok(took < 2_000, `the answer took ${took} ms`);
    assert.ok(answer.ms < 1_000, `the ack took ${Math.round(answer.ms)} ms`);
    await stands(INCIDENTS, idIn(answer.text));
  });
});
