import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { readConfig } from "../../src/config.ts";
import { createBotFramework } from "../../src/teams/bot-framework.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { logKept } from "../support/kept-log.ts";
import { startIdentityProvider, type IdentityProvider, type TokenParts } from "../support/teams/identity-provider.ts";
import { APP_ID, T_ALICE, TENANT } from "../support/teams/seed.ts";
import { openTeamsStage, type TeamsStage } from "../support/teams/teams-stage.ts";
import { chatOf } from "../support/teams/teamwork.ts";

const REGISTERED = {
  MicrosoftAppId: APP_ID,
  MicrosoftAppPassword: "canary-password",
  MicrosoftAppTenantId: TENANT,
  TEAMS_PLAYGROUND: "",
};
const OURS = "our-own-token";
/** One of those who issue tokens of Bot Framework's Emulator, and of bots to bots. */
const EMULATOR = "https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/";

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

describe("who may call Teams' route", () => {
  const kept = logKept();
  let provider: IdentityProvider;
  let target: CommandTarget;
  let stage: TeamsStage;
  let authorization = "";

  before(async () => {
    provider = await startIdentityProvider();
    target = await commandTarget();
    const { teams } = readConfig({ ...REGISTERED, NODE_ENV: "production" });
    assert.ok(teams);
    stage = await openTeamsStage({
      targets: targets(target),
      log: kept.log,
      env: REGISTERED,
      botFramework: await createBotFramework(teams, {
        settings: provider.settings,
        token: () => Promise.resolve(OURS),
      }),
      tokens: { theirs: () => authorization, ours: OURS },
    });
  });
  after(async () => {
    await stage.stop();
    await target.remove();
    await provider.close();
  });

  const token = (parts: Partial<TokenParts> = {}) =>
    provider.token({ audience: APP_ID, serviceUrl: stage.teams.serviceUrl, ...parts });
  const answers = () => stage.teams.work.in(chatOf(T_ALICE)).length;
  /** Alice asks for help with this token; gives the status. */
  const call = async (carried: string, changes: object = {}) => {
    authorization = carried;
    const { status } = await stage.teams.as(T_ALICE).write("help", changes);
    return status;
  };

  it("is Teams, with a token for us; and our answers carry our own", async () => {
    assert.equal(await call(token()), 200);
    await stage.direct(T_ALICE, /@Breakglass status/);
    assert.ok(stage.teams.calls.every(({ status }) => status === 200));
  });

  const WRONG: readonly (readonly [string, () => string])[] = [
    ["no token", () => ""],
    ["no token but the word", () => "Bearer"],
    ["something that is no token", () => "Bearer x.y.z"],
    ["another scheme", () => "Basic YWxpY2U6cGFzcw=="],
    ["a token for another bot", () => token({ audience: "bbbb1111-bb22-cc33-dd44-eeeeffff0000" })],
    ["a token that has expired", () => token({ expiresIn: -900 })],
    ["a token of another issuer", () => token({ issuer: "https://else.acme.test" })],
    ["a token for another service address", () => token({ serviceUrl: "https://else.acme.test/" })],
    ["a bad signature", () => token({ forged: true })],
    ["no signature", () => token({ algorithm: "none" })],
    ["the published key taken for a shared secret", () => token({ algorithm: "HS256" })],
    ["a token that is not valid yet", () => token({ claims: { nbf: Math.floor(Date.now() / 1_000) + 900 } })],
    ["a token for no service address", () => token({ claims: { serviceurl: undefined } })],
    // The SDK would take it, whatever address is to be answered at.
    ["a token of the Emulator", () => token({ issuer: EMULATOR, claims: { ver: "2.0", azp: APP_ID, serviceurl: "" } })],
    ["a token of another bot", () => token({ issuer: EMULATOR, claims: { ver: "1.0", appid: T_ALICE } })],
  ];
  for (const [what, carried] of WRONG) {
    it(`is refused with 401: ${what}`, async () => {
      const before = answers();
      assert.equal(await call(carried()), 401);
      assert.equal(answers(), before);
    });
  }

  const UNREADABLE: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ["cut off", {}, '{"type":"mess'],
    ["no object", {}, "null"],
    ["too long", {}, JSON.stringify("x".repeat(300_000))],
    ["in an unknown encoding", { "content-encoding": "rot13" }, "{}"],
    ["in an unknown alphabet", { "content-type": "application/json; charset=klingon" }, "{}"],
  ];
  for (const [what, headers, body] of UNREADABLE) {
    it(`is refused with 401 when it is ${what}, in one line of the log without what was sent`, async () => {
      const before = kept.lines().length;
      const type = { "content-type": "application/json" };
      const init = { method: "POST", headers: { ...type, ...headers }, body };
      assert.equal((await fetch(`${stage.bot.url}/api/messages`, init)).status, 401);
      const said = kept.lines().slice(before);
      assert.equal(said.length, 1, said.join("\n"));
      assert.ok((said[0] ?? "").length < 400);
    });
  }

  it("is let in with fields that are null: not every client leaves out what it has nothing to say of", async () => {
    const from = { id: "29:alice", aadObjectId: T_ALICE, name: null };
    assert.equal(await call(token(), { from, entities: null, replyToId: null, text: null }), 200);
    const conversation = { id: chatOf(T_ALICE), tenantId: null, conversationType: "personal" };
    assert.equal(await call(token(), { conversation }), 200);
    assert.equal(await call(token(), { from: { ...from, aadObjectId: null } }), 200);
  });

  const ELSEWHERE: readonly (readonly [string, object])[] = [
    ["another tenant", { conversation: { id: chatOf(T_ALICE), tenantId: "other" }, channelData: undefined }],
    ["two tenants", { channelData: { tenant: { id: "other" } } }],
    ["no tenant", { conversation: { id: chatOf(T_ALICE) }, channelData: undefined }],
  ];
  for (const [what, changes] of ELSEWHERE) {
    it(`is refused with 403, though Teams vouches for it: ${what}`, async () => {
      const before = answers();
      assert.equal(await call(token(), changes), 403);
      assert.equal(answers(), before);
    });
  }

  it("is refused, from another channel of the registration, in which callers choose their own names", async () => {
    for (const channelId of ["directline", "webchat", "emulator"])
      assert.ok([401, 403].includes(await call(token(), { channelId })), channelId);
  });

  it("is refused when it is no activity, and nothing of a token is ever in the log", async () => {
    assert.equal(await call(token(), { from: undefined }), 401);
    assert.equal(await call(token(), { serviceUrl: "http://else.acme.test/" }), 403);
    assert.ok(kept.find(/a call to Teams' route was refused/));
    assert.doesNotMatch(kept.lines().join("\n"), /eyJ|canary-password|our-own-token/);
  });

  it("who is refused too often is told so, leaves no more lines in the log, and keeps nobody else out", async () => {
    const before = kept.lines().length;
    const statuses: number[] = [];
    for (let nth = 0; nth < 450; nth++) statuses.push(await call(""));
    assert.deepEqual(new Set(statuses), new Set([401, 429]));
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{"type":"mess' };
    assert.equal((await fetch(`${stage.bot.url}/api/messages`, init)).status, 429);
    assert.ok(kept.lines().length - before < 400);
    assert.equal(await call(token()), 200);
  });
});
