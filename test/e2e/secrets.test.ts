import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, describe, it, mock } from "node:test";
import { inspect } from "node:util";
import { Redis } from "ioredis";
import pg from "pg";
import type { Fault } from "../../src/demo/slack/faults.ts";
import { CredentialPage } from "../../src/demo/open-credential.ts";
import { createLog } from "../../src/create-log.ts";
import {
  ACME,
  ALICE,
  APPROVALS,
  BOB,
  CAROL,
  DAVE,
  GINA,
  INC_42,
  INCIDENTS,
  MALLORY,
  SECURITY,
} from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { atGateway } from "../support/at-gateway.ts";
import { credentialPage } from "../support/credential.ts";
import { filesUnder } from "../support/files-under.ts";
import { whereHidden, type Places } from "../support/hidden.ts";
import { postgres } from "../support/postgres.ts";
import { overhear, redisContents } from "../support/redis-contents.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { lastLink } from "../support/step-up.ts";
import { until } from "../support/until.ts";

/** What the targets are reached with, and what a program lets slip when it fails. */
const PROGRAM_TOKEN = "canary-token-w/th?special=chars&more";
const WRONG_PASSWORD = "canary-wrong-admin-password";
const SPILT = "canary-spilt-by-a-program";

/** Stands in the log before all else: a life that goes well writes no line. */
const HEARD = "the finest level is heard";

/** A program that gives no access, and says the password in every way in which an answer can be wrong. */
const SPILLING = `
  case "$(cat)" in
    *'"how":"no-json"'*) echo "granted $SPILT" ;;
    *'"how":"unknown-key"'*) printf '{"credential":{"user":"u","password":"%s","%s":"%s"}}' $SPILT $SPILT $SPILT ;;
    *'"how":"not-a-text"'*) printf '{"credential":{"user":"u","password":["%s"]}}' $SPILT ;;
    *'"how":"exit"'*) printf '{"credential":{"user":"u","password":"%s"}}' $SPILT; echo 'the disk is full' >&2; exit 1 ;;
    *'"list"'*) echo '{"handles":[]}' ;;
    *'"check"'*) echo '{"ok":true}' ;;
    *) echo '{}' ;;
  esac`;

const role = (name: string, grant: string, approval: string) =>
  `      ${name}: { grant: ${grant}, requesters: [sre], approval: ${approval}, duration: { default: 15m, max: 30m } }\n`;

const TARGETS = `
  orders-db:
    title: Orders database
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    roles:
${role("writer", "{ memberOf: [orders_writer] }", "{ approvers: [leads] }")}${role("ghost", "{ memberOf: [nobody_made_it] }", "automatic")}
  guarded-db:
    title: A database behind the session gateway
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    gateway: true
    roles:
${role("writer", "{ memberOf: [orders_writer] }", "automatic")}
  locked-db:
    title: A database whose password was changed
    provider: postgres
    connection: { url: "\${LOCKED_DB_ADMIN_URL}" }
    roles:
${role("writer", "{ memberOf: [orders_writer] }", "automatic")}
  gone-db:
    title: A database that is away
    provider: postgres
    connection: { url: "postgres://admin:\${GONE_PASSWORD}@127.0.0.1:1/orders" }
    roles:
${role("writer", "{ memberOf: [orders_writer] }", "automatic")}
  jobs:
    title: Jobs
    provider: command
    connection:
      command: [/bin/sh, -c, ${JSON.stringify(SPILLING)}]
      env: { JOBS_TOKEN: "\${JOBS_TOKEN}", SPILT: "\${SPILT}" }
    roles:
${["no-json", "unknown-key", "not-a-text", "exit"].map((how) => role(how, `{ how: ${how} }`, "automatic")).join("")}`;

describe("secrets", () => {
  let database: Awaited<ReturnType<typeof postgres>>;
  let redis: TestRedis;
  let commands: Awaited<ReturnType<typeof overhear>>;
  let stage: Stage;
  let printed = "";
  /** What pages and their calls were answered, but for the secret itself. */
  const said: string[] = [];
  /** Secrets of the bot's own. */
  let own: Record<string, string>;

  before(async () => {
    // The real log, as it is written; and whatever a library writes past it.
    mock.method(process.stderr, "write", (chunk: string | Uint8Array) => {
      printed += Buffer.from(chunk).toString();
      return true;
    });
    const log = createLog({ level: "debug", format: "json" });
    log.debug(HEARD);
    database = await postgres();
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query("CREATE ROLE orders_writer");
    await admin.end();
    redis = await startTestRedis();
    commands = await overhear(redis.url);
    const locked = new URL(database.url);
    locked.password = WRONG_PASSWORD;
    stage = await openStage({
      targets: TARGETS,
      env: {
        ORDERS_DB_ADMIN_URL: database.url,
        GATEWAY_PORT: "0",
        LOCKED_DB_ADMIN_URL: locked.href,
        GONE_PASSWORD: WRONG_PASSWORD,
        JOBS_TOKEN: PROGRAM_TOKEN,
        SPILT,
      },
      log,
      slack: UNHURRIED,
      redis,
    });
    own = {
      "the vault key": (await readFile(join(stage.dir, "data", "vault.key"), "utf8")).trim(),
      "the signing secret": ACME.signingSecret,
      "the bot token": ACME.botToken,
      "the database's admin password": new URL(database.url).password,
      "the admin password of a database that refuses": WRONG_PASSWORD,
      "the token of a program": PROGRAM_TOKEN,
      "Redis's password": new URL(redis.url).password,
    };
  });

  after(async () => {
    await stage.stop();
    commands.stop();
    await redis.stop();
    await database.stop();
    mock.restoreAll();
  });

  const dm = () => stage.slack.workspace.dm(ALICE).id;
  /** Every message that stands anywhere, for whomever. */
  const shown = () => {
    const { workspace } = stage.slack;
    const people = [ALICE, BOB, CAROL, DAVE, GINA, MALLORY];
    return [
      ...[APPROVALS, INCIDENTS, SECURITY, INC_42].flatMap((channel) => workspace.messages(channel)),
      ...people.flatMap((one) => workspace.messages(workspace.dm(one).id)),
      ...people.flatMap((one) => workspace.ephemerals(one)),
    ];
  };

  /** Everything the bot says, keeps or shows, but for the answer of the one page; and what a crash would leave. */
  async function places(): Promise<Places> {
    const { calls } = stage.slack;
    assert.ok(calls.list().length < 2_000, "the stand-in has begun to forget calls");
    const get = async (path: string) => await (await fetch(`${stage.bot.url}${path}`)).text();
    const crash = new Error("as if nobody had caught it");
    return {
      calls: JSON.stringify(calls.list()),
      shown: JSON.stringify(shown()),
      log: printed,
      redis: await redisContents(redis.url),
      commands: commands.text(),
      web: `${await get("/metrics")}${await get("/readyz")}${await get("/healthz")}`,
      pages: said.join("\n"),
      report: JSON.stringify(process.report.getReport(crash)),
      crash: inspect(crash, { depth: 20, showHidden: true }),
      ...(await filesUnder(stage.dir)),
    };
  }

  /** @param id - of a request that must be told of where all are: so that no place is empty */
  async function nowhere(secret: string, id: string): Promise<void> {
    const all = await places();
    for (const place of ["calls", "shown", "redis", "commands", "data/ledger.jsonl"])
      assert.ok(all[place]?.includes(id), `${place} says nothing of ${id}`);
    assert.ok(printed.includes(HEARD));
    assert.deepEqual(whereHidden(secret, all), []);
  }

  const sealed = async (id: string) => (await redisContents(redis.url)).includes(`{breakglass}:sealed:${id}`);

  async function approve(id: string): Promise<void> {
    await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
  }

  /** The first line of the log that has all of these. */
  const told = (...parts: (RegExp | string)[]) =>
    printed.split("\n").find((line) => parts.every((part) => line.search(part) !== -1));

  /** Looks at a page and asks it for everything, as somebody would who has the link and no more. */
  async function pry(link: string): Promise<void> {
    const stranger = new CredentialPage(link, stage.bot.url);
    const { pathname } = new URL(link);
    said.push(await (await fetch(`${stage.bot.url}${pathname}`)).text());
    for (const path of ["/shown", "/standing", "/rotate", "/fresh", "/end"])
      said.push(JSON.stringify(await stranger.call(path)));
    said.push(JSON.stringify(await stranger.call("", { claim: "rubbish" })));
  }

  /** Opens the page behind the button, and searches everything for its secret before the page has said that it was shown. */
  async function opens(id: string): Promise<string> {
    const page = await credentialPage(stage, ALICE, id);
    const { answer } = await page.ask();
    const { password } = answer as { password: string };
    await nowhere(password, id);
    await page.call("/shown");
    return password;
  }

  /** The same with a stranger at the page who has the link; and a search for the link too. */
  async function opensBesideAStranger(id: string): Promise<string> {
    const page = await credentialPage(stage, ALICE, id);
    const link = lastLink(stage, ALICE);
    await pry(link);
    const { answer } = await page.ask();
    const { password } = answer as { password: string };
    await nowhere(password, id);
    await pry(link);
    said.push(JSON.stringify(await new CredentialPage(link, stage.bot.url).ask()));
    said.push(JSON.stringify(await page.call("/shown")), JSON.stringify(await page.call("/standing")));
    await stage.line(INC_42, id, /^Alice Ng opened the credential/);
    await nowhere(password, id);
    // The link went to Alice alone, through Slack; nobody else was told it, and nothing keeps it.
    const token = link.slice(-43);
    const { calls, shown: chat, ...kept } = await places();
    assert.ok(`${String(calls)}${String(chat)}`.includes(token));
    assert.deepEqual(whereHidden(token, kept), []);
    assert.equal(shown().filter((message) => JSON.stringify(message).includes(token)).length, 1);
    return password;
  }

  it("a password is shown on one page, and stands nowhere else, ever; nor does the fresh one after it", async () => {
    const id = await ask(stage, ALICE, "orders-db writer 10m INC-42 orders stuck");
    await approve(id);
    await stage.line(INC_42, id, /^Access is on/);
    // It waits in Redis, sealed, until the page says that it was shown.
    assert.ok(await sealed(id));
    const password = await opensBesideAStranger(id);
    await assert.doesNotReject(login(database.port, id, password));
    assert.ok(!(await sealed(id)));

    await click(stage, ALICE, await stage.direct(ALICE, new RegExp(`${id}[^]*You opened`)), { text: "Rotate" });
    await stage.line(INC_42, id, /^A fresh credential waits/);
    assert.ok(await sealed(id));
    const fresh = await opens(id);
    assert.notEqual(fresh, password);
    await assert.doesNotReject(login(database.port, id, fresh));
    await assert.rejects(login(database.port, id, password));

    await click(stage, ALICE, await stage.direct(ALICE, new RegExp(`${id}[^]*You opened`)), { text: "Rotate" });
    await until(async () => ((await sealed(id)) ? true : undefined), "one that nobody opens");
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^Gone, and checked/);
    await stage.direct(ALICE, new RegExp(`${id} · access is over`));
    assert.ok(!(await sealed(id)));
    for (const one of [password, fresh]) await nowhere(one, id);
  });

  it("behind the session gateway the target's own password stands nowhere, and the requester's only on its page", async () => {
    const id = await ask(stage, ALICE, "guarded-db writer 10m INC-42 orders stuck");
    await stage.line(INC_42, id, /^Access is on/);
    const password = await opens(id);
    const own = await atGateway(stage, redis.url, id);
    assert.ok(own !== undefined && own !== password);
    await assert.doesNotReject(login(database.port, id, own));
    await assert.rejects(login(database.port, id, password));

    const port = stage.bot.gateway?.port ?? 0;
    const client = new pg.Client({ host: "127.0.0.1", port, user: userOf(id), password, database: "postgres" });
    client.on("error", () => undefined);
    await client.connect();
    await assert.rejects(client.query("SELECT nothing"));
    await assert.rejects(login(port, id, "canary-guessed-password"));
    await stage.line(INC_42, id, /ran 1 statement/);
    for (const one of [password, own, "canary-guessed-password"]) await nowhere(one, id);

    await click(stage, ALICE, await stage.direct(ALICE, new RegExp(`${id}[^]*You opened`)), { text: "Rotate" });
    await stage.line(INC_42, id, /^A fresh credential waits/);
    const fresh = await opens(id);
    const ownFresh = await atGateway(stage, redis.url, id);
    assert.ok(ownFresh !== undefined && ownFresh !== own && fresh !== password);
    await assert.doesNotReject(login(port, id, fresh));
    await assert.rejects(login(port, id, password));
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^Gone, and checked/);
    assert.equal(await atGateway(stage, redis.url, id), undefined);
    for (const one of [password, own, fresh, ownFresh]) await nowhere(one, id);
  });

  const faults: [string, () => string, Fault][] = [
    ["no direct message opens", () => "conversations.open", { error: "internal_error" }],
    ["Slack fails", () => `chat.postMessage ${dm()}`, { status: 500 }],
    ["its answer is lost", () => `chat.postMessage ${dm()}`, { loseAnswer: true }],
  ];
  for (const [what, method, fault] of faults) {
    it(`a password is in no error when the direct message fails at first: ${what}`, async () => {
      if (what.startsWith("no direct")) {
        // A bot that hasn't opened the conversation yet.
        await stage.bot.stop();
        await stage.startAgain();
      }
      const id = await ask(stage, ALICE, "orders-db writer 10m INC-42 orders stuck");
      const card = await stage.message(APPROVALS, new RegExp(id));
      stage.slack.faults.next(method(), fault);
      await stage.slack.workspace.as(CAROL).click(card, { text: "Approve" });
      await until(() => told(/chat could not be told/, id, /"lane":"private"/), "a message that failed");
      await opens(id);
      await type(stage, ALICE, `end ${id}`);
      await stage.line(INC_42, id, /^Gone, and checked/);
    });
  }

  it("a sealed one that can't be opened is an error without a word of it, and does not count as opened", async () => {
    const id = await ask(stage, ALICE, "orders-db writer 10m INC-42 orders stuck");
    await approve(id);
    const page = await credentialPage(stage, ALICE, id);
    const client = new Redis(redis.url);
    const key = `{breakglass}:sealed:${id}`;
    const kept = (await client.get(key)) ?? "";
    await client.set(key, kept.replace(/"body":"...../, '"body":"AAAAA'));
    const { status, answer } = await page.ask();
    assert.equal(status, 409);
    assert.match(JSON.stringify(answer), /SEAL_BROKEN/);
    assert.ok(!stage.thread(INC_42, id).some((line) => line.includes("opened")));
    said.push(JSON.stringify(answer));
    await client.set(key, kept, "KEEPTTL");
    client.disconnect();
    const password = await opens(id);
    await type(stage, ALICE, `end ${id}`);
    await stage.line(INC_42, id, /^Gone, and checked/);
    await nowhere(password, id);
  });

  for (const [what, secret] of [
    ["orders-db ghost", undefined],
    ["locked-db writer", WRONG_PASSWORD],
    ["gone-db writer", WRONG_PASSWORD],
    ...["no-json", "unknown-key", "not-a-text", "exit"].map((how) => [`jobs ${how}`, SPILT] as const),
  ] as const) {
    it(`no secret is in the error of a grant that fails: ${what}`, async () => {
      const id = await ask(stage, ALICE, `${what} INC-42`);
      await stage.line(INC_42, id, /^🔴 .*(?:did not give the access|It is not known whether)/);
      await stage.direct(ALICE, new RegExp(`${id} · access could not be given`));
      await nowhere(secret ?? own["the database's admin password"] ?? "", id);
    });
  }

  it("the bot's own secrets are nowhere", async () => {
    const { "data/vault.key": file, ...all } = await places();
    assert.ok(file !== undefined);
    for (const [name, secret] of Object.entries(own)) {
      assert.ok(secret.length > 10);
      assert.deepEqual(whereHidden(secret, all), [], name);
    }
  });

  it("the search finds what is hidden", () => {
    const secret = "c4nary/with+every?kind of=char";
    for (const form of [
      secret,
      encodeURIComponent(secret),
      Buffer.from(secret).toString("hex"),
      ...["", "x", "xy"].map((prefix) => Buffer.from(`${prefix}${secret}, and more`).toString("base64url")),
    ]) {
      assert.notDeepEqual(whereHidden(secret, { text: `… ${form} …` }), [], form);
    }
    assert.deepEqual(whereHidden(secret, { text: "nothing of it", other: Buffer.from([0, 1, 2]) }), []);
  });
});

function userOf(id: string): string {
  return id.toLowerCase().replace("-", "_");
}

async function login(port: number, id: string, password: string): Promise<void> {
  const client = new pg.Client({ host: "127.0.0.1", port, database: "postgres", user: userOf(id), password });
  client.on("error", () => undefined);
  await client.connect();
  await client.end();
}
