import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { CredentialPage } from "../../src/demo/open-credential.ts";
import { SoftKey } from "../../src/demo/soft-key.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { quietPort } from "../../src/redis/quiet-port.ts";
import { whereHidden } from "../support/hidden.ts";
import { logKept } from "../support/kept-log.ts";
import { redisContents } from "../support/redis-contents.ts";
import { idIn } from "../support/stage.ts";
import { confirmSoft, enrolSoft, linkIn } from "../support/step-up.ts";
import { T_ALICE, T_APPROVALS, T_CAROL, T_INCIDENTS, T_SECURITY } from "../support/teams/seed.ts";
import { openTeamsStage, type TeamsStage } from "../support/teams/teams-stage.ts";
import { readable } from "../support/teams/teamwork.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        stepUp: [requester, approver]
        duration: { default: 15m, max: 30m }
admins: [leads]
`;

describe("step-up in Teams", () => {
  const [alice, carol] = [new SoftKey(), new SoftKey()];
  const log = logKept();
  let target: CommandTarget;
  let stage: TeamsStage;

  before(async () => {
    target = await commandTarget();
    const port = String(await quietPort());
    const env = { PORT: port, PUBLIC_URL: `http://localhost:${port}` };
    stage = await openTeamsStage({ targets: targets(target), env, log: log.log });
  });
  after(async () => {
    await stage.stop();
    await target.remove();
  });

  /** The link that whoever clicked is shown above the card, drawn anew for them alone. */
  const clickForLink = async (account: string, channel: string, pattern: RegExp, button: string) => {
    const shown = await stage.teams.as(account).click(await stage.message(channel, pattern), button);
    return linkIn(JSON.stringify(shown.card));
  };
  const enrolMine = async (account: string, key: SoftKey) => {
    const invited = await stage.direct(account, /You can enrol your key now/);
    const shown = await stage.teams.as(account).click(invited, "Enrol my key");
    assert.equal((await enrolSoft(linkIn(JSON.stringify(shown.card)), key, "Mine")).status, 200);
  };

  it("keys are asked for, confirmed by another, and enrolled", async () => {
    await stage.teams.as(T_ALICE).write("key add");
    await stage.direct(T_ALICE, /Recorded as KEY-/);
    const first = await stage.message(T_SECURITY, /Alice Ng · a key to enrol/);
    assert.match((await stage.teams.as(T_CAROL).click(first, "Confirm with a key")).text, /^Recorded\./);
    await enrolMine(T_ALICE, alice);
    await stage.message(T_SECURITY, /Alice Ng enrolled "Mine"/);

    await stage.teams.as(T_CAROL).write("key add");
    const asks = /Carol Diaz · a key to enrol/;
    const link = await clickForLink(T_ALICE, T_SECURITY, asks, "Confirm with a key");
    assert.equal((await confirmSoft(link, alice)).status, 200);
    await enrolMine(T_CAROL, carol);
    await stage.teams.as(T_CAROL).write("key list");
    await stage.direct(T_CAROL, /Your keys:[^]*Mine/);
  });

  it("a request and an approval count once they are confirmed on the page", async () => {
    await stage.teams.as(T_ALICE).mention(T_INCIDENTS, "db writer INC-42 orders stuck");
    const receipt = await stage.direct(T_ALICE, /one more step: your key/);
    const id = idIn(readable(receipt));
    const mine = linkIn(JSON.stringify(receipt.card));
    assert.equal((await confirmSoft(mine, carol)).answer.code, "STEP_UP_FAILED");
    // The receipt is no card that can be drawn anew: another link comes in the chat.
    const again = await stage.teams.as(T_ALICE).click(receipt, "Confirm with a key");
    assert.match(again.text, /stands in your chat with me/);
    const told = await stage.direct(T_ALICE, /Open the page/);
    assert.equal((await confirmSoft(linkIn(JSON.stringify(told)), alice)).status, 200);

    const link = await clickForLink(T_CAROL, T_APPROVALS, new RegExp(id), "Approve");
    assert.ok(!stage.thread(T_INCIDENTS, id).some((line) => line.includes("approved")));
    assert.equal((await confirmSoft(link, alice)).answer.code, "STEP_UP_FAILED");
    const once = await clickForLink(T_CAROL, T_APPROVALS, new RegExp(id), "Approve");
    assert.equal((await confirmSoft(once, carol)).status, 200);
    await stage.line(T_INCIDENTS, id, /^Carol Diaz approved, with a security key\.$/);
    await stage.line(T_INCIDENTS, id, /^Access is on/);
  });

  it("the way in: a button in the chat, a link for whoever clicked, and the secret on its page and nowhere else", async () => {
    const told = await stage.direct(T_ALICE, /access is on[^]*User: bg_[^]*shown once/);
    const id = idIn(readable(told));
    const open = async () => {
      const shown = await stage.teams.as(T_ALICE).click(told, "Open credential");
      assert.match(shown.text, /for you alone, within 5 minutes, once/);
      return new CredentialPage(linkIn(JSON.stringify(shown.card)));
    };
    const page = await open();
    assert.match(JSON.stringify((await page.ask(carol)).answer), /STEP_UP_FAILED/);
    const { password: first } = await (await open()).open(alice);
    await stage.line(T_INCIDENTS, id, /^Alice Ng opened the credential, with a security key\.$/);

    const turned = await stage.direct(T_ALICE, /You opened the password/);
    assert.equal(turned.id, told.id);
    assert.match((await stage.teams.as(T_ALICE).click(turned, "Rotate")).text, /^Recorded\./);
    await stage.line(T_INCIDENTS, id, /^A fresh credential waits for Alice Ng/);
    await stage.direct(T_ALICE, /access is on[^]*shown once/);
    // By word as by button, in the chat alone, and for its requester alone.
    await stage.teams.as(T_CAROL).write(`open ${id}`);
    await stage.direct(T_CAROL, new RegExp(`Only the requester of ${id} can do this`));
    const before = stage.teams.work.messages.length;
    await stage.teams.as(T_ALICE).mention(T_INCIDENTS, `open ${id}`);
    const said = await stage.direct(T_ALICE, /it is shown on a page, to you alone\. Open the page/);
    assert.ok(stage.teams.work.messages.indexOf(said) >= before);
    const { password: fresh } = await new CredentialPage(linkIn(JSON.stringify(said))).open(alice);
    assert.notEqual(fresh, first);

    const everything = {
      teams: JSON.stringify(stage.teams.work.messages),
      log: log.lines().join("\n"),
      redis: await redisContents(stage.redis.url),
      report: JSON.stringify(process.report.getReport()),
    };
    for (const place of ["teams", "redis"] as const) assert.ok(everything[place].includes(id));
    for (const password of [first, fresh]) assert.deepEqual(whereHidden(password, everything), []);
    await stage.teams.as(T_ALICE).write(`end ${id}`);
    await stage.line(T_INCIDENTS, id, /^Gone, and checked/);
  });

  it("no link ever stands where others read", () => {
    for (const channel of [T_APPROVALS, T_INCIDENTS, T_SECURITY])
      assert.doesNotMatch(JSON.stringify(stage.teams.work.in(channel)), /\/(?:confirm|keys|credential)\/[\w-]{43}/);
  });
});
