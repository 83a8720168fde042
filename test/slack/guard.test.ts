import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Tamper } from "../../src/demo/slack/delivery/delivery.ts";
import { sign } from "../../src/demo/slack/delivery/sign.ts";
import { ALICE, APPROVALS, CAROL, INC_42 } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { entries } from "../support/entries.ts";
import { logKept } from "../support/kept-log.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";

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

describe("what comes to Slack's route, and is not from Slack, not now, not for us, or not new", () => {
  const log = logKept();
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({ targets: targets(target), slack: UNHURRIED, log: log.log });
  });

  after(async () => {
    await stage.stop();
    await target.remove();
  });

  const seconds = (ahead: number) => Math.floor(Date.now() / 1_000) + ahead;
  const refused: [string, () => Tamper, number][] = [
    ["signed with another secret", () => ({ signingSecret: "somebody else's secret" }), 401],
    ["signed wrongly", () => ({ signature: `v0=${"0".repeat(64)}` }), 401],
    ["signed with something short", () => ({ signature: "v0=" }), 401],
    ["without a signature", () => ({ headers: { "x-slack-signature": "" } }), 401],
    ["without a time", () => ({ headers: { "x-slack-request-timestamp": "" } }), 401],
    ["with a time that is none", () => ({ headers: { "x-slack-request-timestamp": "1e9" } }), 401],
    ["older than five minutes", () => ({ timestamp: seconds(-302) }), 401],
    ["from the future", () => ({ timestamp: seconds(302) }), 401],
    ["for another app", () => ({ appId: "A0OTHER" }), 403],
    ["from another workspace", () => ({ teamId: "T0OTHER" }), 403],
  ];
  for (const [what, tamper, status] of refused) {
    it(`a command ${what} is refused, and nothing is recorded`, async () => {
      const count = await entries(stage);
      const alice = stage.slack.workspace.as(ALICE);
      const result = await alice.command("/breakglass", "db writer INC-42", { channel: INC_42, ...tamper() });
      assert.equal(result.status, status);
      assert.equal(result.body, null, "a stranger is told nothing");
      assert.equal(await entries(stage), count);
    });
  }

  it("a click is refused likewise", async () => {
    const id = await ask(stage, ALICE, "db writer who clicks");
    const card = await stage.message(APPROVALS, new RegExp(id));
    const count = await entries(stage);
    const carol = stage.slack.workspace.as(CAROL);
    for (const [tamper, status] of [
      [{ signingSecret: "somebody else's secret" }, 401],
      [{ appId: "A0OTHER" }, 403],
      [{ teamId: "T0OTHER" }, 403],
    ] as const) {
      assert.equal((await carol.click(card, { text: "Approve" }, tamper)).status, status);
    }
    assert.equal(await entries(stage), count);
    await type(stage, ALICE, `end ${id}`);
  });

  it("a replayed command, click and submission are refused", async () => {
    const asked = await type(stage, ALICE, "db writer replayed");
    const id = /BG-\w{6}/.exec(asked.text)?.[0] ?? "";
    const card = await stage.message(APPROVALS, new RegExp(id));
    const approved = await click(stage, CAROL, card, { text: "Approve" });
    const count = await entries(stage);
    for (const { raw } of [asked, approved]) {
      assert.ok(raw);
      assert.equal((await stage.slack.workspace.delivery.resend(raw)).status, 401);
    }
    assert.equal(await entries(stage), count);
    await type(stage, ALICE, `end ${id}`);
  });

  it("a retry that Slack marks as one is answered, and changes nothing", async () => {
    const retry = { "x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout" };
    const asked = await type(stage, ALICE, "db writer retried");
    const id = /BG-\w{6}/.exec(asked.text)?.[0] ?? "";
    const card = await stage.message(APPROVALS, new RegExp(id));
    const approved = await click(stage, CAROL, card, { text: "Approve" });
    const count = await entries(stage);
    assert.ok(asked.raw && approved.raw);
    const again = await stage.slack.workspace.delivery.resend(asked.raw, retry);
    assert.equal(again.status, 200);
    assert.match(JSON.stringify(again.body), new RegExp(`${id} · waiting for approval`));
    assert.equal((await stage.slack.workspace.delivery.resend(approved.raw, retry)).status, 200);
    await stage.ephemeral(CAROL, /approval is already counted/);
    assert.equal(await entries(stage), count);
    await type(stage, ALICE, `end ${id}`);
  });

  it("the same bytes, twice at the same moment, make one request", async () => {
    const { raw } = await type(stage, ALICE, "status");
    assert.ok(raw?.via === "http");
    const fields = new URLSearchParams(raw.body);
    fields.set("text", "db reader twice at once");
    fields.set("trigger_id", "1.never-seen");
    const body = fields.toString();
    const signature = sign(stage.slack.workspace.seed.signingSecret, seconds(0), body);
    const headers = {
      ...raw.headers,
      "x-slack-request-timestamp": String(seconds(0)),
      "x-slack-signature": signature,
    };
    const count = await entries(stage);
    const send = async () => await stage.slack.workspace.delivery.resend({ ...raw, body, headers });
    const results = await Promise.all([send(), send()]);
    assert.deepEqual(
      results.map(({ status }) => status).sort((a, b) => a - b),
      [200, 401],
    );
    assert.equal(await entries(stage), count + 1);
  });

  it("what is too long, or no form at all, is refused without a word and without harm", async () => {
    const url = `${stage.bot.url}/slack/events`;
    assert.equal((await fetch(url, { method: "POST", body: "x".repeat(1_100_000) })).status, 413);
    assert.equal((await fetch(url, { method: "POST", body: "payload=%7B" })).status, 401);
    assert.equal((await fetch(url, { method: "POST" })).status, 401);
    assert.equal((await fetch(url)).status, 404);
    assert.equal((await type(stage, ALICE, "status")).status, 200);
  });

  it("Slack's own check of the address is answered, if it is signed", async () => {
    const body = JSON.stringify({ type: "url_verification", challenge: "are you there" });
    const at = String(seconds(0));
    const signature = sign(stage.slack.workspace.seed.signingSecret, Number(at), body);
    const headers = {
      "content-type": "application/json",
      "x-slack-request-timestamp": at,
      "x-slack-signature": signature,
    };
    const answer = await fetch(`${stage.bot.url}/slack/events`, { method: "POST", headers, body });
    assert.equal(answer.status, 200);
    assert.match(await answer.text(), /are you there/);
  });

  it("whoever is refused too often is told so, leaves no more lines, and keeps nobody else out", async () => {
    const statuses: number[] = [];
    const before = log.lines().length;
    for (let nth = 0; nth < 450; nth++)
      statuses.push((await fetch(`${stage.bot.url}/slack/events`, { method: "POST", body: "x" })).status);
    assert.deepEqual(new Set(statuses), new Set([401, 429]));
    assert.equal(statuses.at(-1), 429);
    const said = log
      .lines()
      .slice(before)
      .filter((line) => line.includes("refused"));
    assert.ok(said.length > 0 && said.length < 400, `${said.length} lines`);
    assert.equal((await type(stage, ALICE, "status")).status, 200);
    // What is good from the same address is still held against what came before.
    const { raw } = await type(stage, ALICE, "list");
    assert.ok(raw);
    assert.notEqual((await stage.slack.workspace.delivery.resend(raw)).status, 200);
  });
});
