import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import pg from "pg";
import { StepUpAudit } from "../../src/app/step-up-audit.ts";
import { readConfig } from "../../src/config.ts";
import { CredentialPage, type PageReply } from "../../src/demo/open-credential.ts";
import type { SoftKey } from "../../src/demo/soft-key.ts";
import { parseEntry } from "../../src/ledger/entry.ts";
import { linesIn } from "../../src/ledger/lines.ts";
import { silent } from "../../src/log.ts";
import { start } from "../../src/main.ts";
import { quietPort } from "../../src/redis/quiet-port.ts";
import { ALICE, BOB, CAROL, INC_42 } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { credentialPage, openCredential } from "../support/credential.ts";
import { entries } from "../support/entries.ts";
import { postgres } from "../support/postgres.ts";
import { confirmSoft, lastLink, openStepUpStage, type StepUpStage } from "../support/step-up.ts";
import { until } from "../support/until.ts";

const role = (name: string, grant: string, more = "") =>
  `      ${name}: { grant: ${grant}, requesters: [sre], approval: automatic, duration: { default: 15m, max: 2h }${more} }\n`;

const targets = (tool: CommandTarget) => `
  db:
    title: Orders database
    provider: postgres
    connection: { url: "\${DB_ADMIN_URL}" }
    roles:
${role("reader", "{ memberOf: [orders_reader] }")}${role("owner", "{ memberOf: [orders_reader] }", ", stepUp: [requester]")}
  tool:
    title: Admin tool
    ${tool.yaml}
    roles:
${role("user", "{}")}
  door:
    title: A door that knows its people
    provider: command
    connection: { command: [/bin/sh, -c, 'case "$(cat)" in *list*) echo "{\\"handles\\":[]}";; *) echo "{}";; esac'] }
    roles:
${role("guest", "{}")}`;

describe("the one page where a secret is shown, once, to its requester alone", () => {
  const clock = testClock();
  let database: Awaited<ReturnType<typeof postgres>>;
  let tool: CommandTarget;
  let opened: StepUpStage;
  let redis: Redis;
  let bob: SoftKey;

  before(async () => {
    database = await postgres();
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query("CREATE ROLE orders_reader");
    await admin.end();
    tool = await commandTarget();
    opened = await openStepUpStage({ targets: targets(tool), env: { DB_ADMIN_URL: database.url }, now: clock.now });
    redis = new Redis(opened.stage.redis.url);
    // Bob has a key from the beginning, and Alice has none until she gets one.
    bob = await opened.enrolled("bob");
  });
  after(async () => {
    redis.disconnect();
    await opened.stop();
    await tool.remove();
    await database.stop();
  });

  const given = async (user: string, what = "db reader") => {
    const { stage, forgetLinks } = opened;
    for (const person of ["alice", "bob"]) await forgetLinks(person);
    const id = await ask(stage, user, `${what} INC-42 orders stuck`);
    await stage.line(INC_42, id, /^Access is on/);
    return id;
  };
  const end = async (id: string, user = ALICE) => {
    await type(opened.stage, user, `end ${id}`);
    await opened.stage.line(INC_42, id, /^Gone, and checked/);
  };
  const sealed = async (id: string) => await redis.keys(`{breakglass}:sealed:${id}*`);
  const lines = (id: string, pattern: RegExp) =>
    opened.stage.thread(INC_42, id).filter((line) => pattern.test(line)).length;
  /** The direct message with the way in, as it stands now. */
  const direct = async (id: string, pattern: RegExp, user = ALICE) =>
    await opened.stage.direct(user, new RegExp(`${id} · [\\s\\S]*${pattern.source}`));
  const press = async (id: string, button: string, pattern: RegExp, user = ALICE) =>
    await click(opened.stage, user, await direct(id, pattern, user), { text: button });

  const login = async (user: string, password: string) => {
    const client = new pg.Client({ host: "127.0.0.1", port: database.port, database: "postgres", user, password });
    client.on("error", () => undefined);
    await client.connect();
    return client;
  };
  const works = async ({ user, password }: { user: string; password: string }) => {
    await (await login(user, password)).end();
  };
  const refused = ({ status, answer }: PageReply, code: string) => {
    assert.equal((answer as { code?: string }).code, code, JSON.stringify(answer));
    assert.notEqual(status, 200);
    assert.doesNotMatch(JSON.stringify(answer), /password":/);
  };
  const passwordIn = ({ status, answer }: PageReply) => {
    assert.equal(status, 200, JSON.stringify(answer));
    return (answer as { password: string }).password;
  };

  it("without a key: a button in the direct message, a page that says what it is, the secret on POST alone, once", async () => {
    const { stage } = opened;
    const id = await given(ALICE);
    const message = await direct(id, /shown once/);
    const user = id.toLowerCase().replace("-", "_");
    assert.match(stage.readable(message), new RegExp(`User: .?${user}[^]*Connect: .?psql`));
    const stale = structuredClone(message);
    await click(stage, ALICE, message, { text: "Open credential" });
    const link = lastLink(stage, ALICE);
    // A preview and a scanner use nothing up.
    for (const method of ["GET", "HEAD", "GET"]) assert.equal((await fetch(link, { method })).status, 200);
    const text = await (await fetch(link)).text();
    for (const said of [/Alice Ng/, /reader/, /Orders database \(db\)/, /Until/, /A security key would be better/])
      assert.match(text, said);
    assert.deepEqual(await sealed(id), [`{breakglass}:sealed:${id}`]);

    const page = new CredentialPage(link);
    const shown = await page.open();
    assert.equal(shown.user, user);
    assert.ok(shown.leftMs > 14 * 60_000 && shown.leftMs <= 15 * 60_000);
    await works(shown);
    await stage.line(INC_42, id, /^Alice Ng opened the credential\.$/);
    assert.deepEqual(await sealed(id), []);

    refused(await page.ask(), "STEP_UP_LINK");
    refused(await new CredentialPage(link).ask(), "STEP_UP_LINK");
    const seen = await fetch(link);
    assert.equal(seen.status, 410);
    assert.match(await seen.text(), /This was shown already[^]*Rotate/);
    const { text: again } = await click(stage, ALICE, stale, { text: "Open credential" });
    assert.match(again, /was opened already, and is shown once\. Rotate gives you a fresh one/);
    assert.equal(lines(id, /opened the credential/), 1);
    await direct(id, /You opened the password at[\s\S]*Rotate/);
    await end(id);
  });

  it("what is lost on its way can be asked for again by the same page, also at a bot that was started again", async () => {
    const { stage } = opened;
    const id = await given(ALICE);
    const page = await credentialPage(stage, ALICE, id);
    const first = passwordIn(await page.ask());
    await stage.line(INC_42, id, /^Alice Ng opened the credential\.$/);
    await stage.bot.stop();
    await stage.startAgain();
    const before = await entries(stage);
    assert.equal(passwordIn(await page.ask()), first);
    assert.equal(passwordIn(await page.call("")), first);
    assert.equal(await entries(stage), before);
    await page.call("/shown");
    refused(await page.ask(), "STEP_UP_LINK");
    assert.deepEqual(await sealed(id), []);
    await end(id);
  });

  it("a page that is lost itself: a new link opens it once more, and the thread says so; five times at most", async () => {
    const { stage } = opened;
    const id = await given(ALICE);
    const message = structuredClone(await direct(id, /shown once/));
    const another = async () => {
      await click(stage, ALICE, message, { text: "Open credential" });
      return new CredentialPage(lastLink(stage, ALICE));
    };
    const lost = await another();
    const password = passwordIn(await lost.ask());
    const found = await another();
    assert.equal(passwordIn(await found.ask()), password);
    await stage.line(INC_42, id, /^Alice Ng opened the credential again: the page had not said that it came\.$/);
    // The lost one has had its time.
    refused(await lost.ask(), "STEP_UP_LINK");
    await lost.call("/shown");
    assert.equal((await sealed(id)).length, 1);
    for (let nth = 0; nth < 3; nth++) passwordIn(await (await another()).ask());
    const { text } = await click(stage, ALICE, message, { text: "Open credential" });
    assert.match(text, /was opened 5 times\. Rotate gives you a fresh one/);
    await end(id);
  });

  it("two tabs and two replicas, at once: one of them has it, and one entry says so", async () => {
    const { stage, origin, env } = opened;
    const id = await given(ALICE);
    const message = await direct(id, /shown once/);
    await click(stage, ALICE, message, { text: "Open credential" });
    const link = lastLink(stage, ALICE);
    const port = await quietPort();
    const other = { ...env, PORT: String(port), ROLE: "bot", PUBLIC_URL: origin };
    const replica = await start(readConfig(other), other, { log: silent, now: clock.now });
    try {
      const pages = [link, `http://localhost:${port}`, link].map((at) => new CredentialPage(link, at));
      const answers = await Promise.all(pages.map(async (page) => await page.ask()));
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted((one, other) => one - other),
        [200, 410, 410],
      );
      const [won = 0] = answers.flatMap(({ status }, index) => (status === 200 ? [index] : []));
      assert.equal(lines(id, /opened the credential/) <= 1, true);
      // It may ask again wherever it is sent.
      const page = new CredentialPage(link, `http://localhost:${port}`, pages[won]?.claim);
      assert.equal(passwordIn(await page.ask()), passwordIn(answers[won] ?? assert.fail("nobody has it")));
      await page.call("/shown");
    } finally {
      await replica.stop();
    }
    await stage.line(INC_42, id, /opened the credential/);
    assert.equal(lines(id, /opened the credential/), 1);
    await end(id);
  });

  it("rotated: the fresh one works, the old one doesn't, and neither the deadline nor a session moves", async () => {
    const { stage } = opened;
    const id = await given(ALICE);
    const old = await openCredential(stage, ALICE, id);
    const session = await login(old.user, old.password);
    const { text } = await press(id, "Rotate", /You opened the password/);
    assert.match(text, /access is on/);
    await stage.line(INC_42, id, /^A fresh credential waits for Alice Ng; the one before works no longer\.$/);
    const fresh = await openCredential(stage, ALICE, id);
    assert.notEqual(fresh.password, old.password);
    await works(fresh);
    await assert.rejects(login(old.user, old.password), /authentication failed/);
    assert.equal((await session.query("SELECT 1 AS one")).rowCount, 1);
    assert.ok(fresh.leftMs < old.leftMs);
    assert.deepEqual(await sealed(id), []);
    await session.end();
    await end(id);
    await assert.rejects(login(fresh.user, fresh.password), /authentication failed/);
  });

  it("rotated on the page, which goes on to the fresh one; and ended on it", async () => {
    const { stage } = opened;
    const id = await given(ALICE);
    const page = await credentialPage(stage, ALICE, id);
    const stranger = new CredentialPage(lastLink(stage, ALICE));
    const old = await page.open();
    for (const path of ["/rotate", "/end", "/standing", "/fresh", "/shown"])
      refused(await stranger.call(path), "STEP_UP_LINK");
    assert.equal((await page.call("/rotate")).status, 200);
    const rotated = async () => {
      const { answer } = await page.call("/standing");
      return (answer as { number: number }).number === 1 ? answer : undefined;
    };
    await until(rotated, "a fresh one");
    const { answer } = await page.call("/fresh");
    const next = new CredentialPage((answer as { link: string }).link);
    const fresh = await next.open();
    await works(fresh);
    await assert.rejects(login(old.user, old.password), /authentication failed/);
    assert.equal((await next.call("/end")).status, 200);
    await stage.line(INC_42, id, /^Alice Ng ended it\.$/);
    await stage.line(INC_42, id, /^Gone, and checked/);
    refused(await next.call("/rotate"), "NOT_ACTIVE");
    assert.equal("leftMs" in ((await next.call("/standing")).answer as object), false);
  });

  it("no fresh one: the thread and the message say why, and it can be tried again", async () => {
    const { stage } = opened;
    const id = await given(ALICE, "tool user");
    await openCredential(stage, ALICE, id);
    await tool.fail("grant");
    await press(id, "Rotate", /You opened the password/);
    await stage.line(INC_42, id, /^🔴 tool made no fresh credential \(TARGET_REFUSED\)/);
    await direct(id, /A fresh password could not be made: .*the disk is full/);
    await tool.mend();
    await press(id, "Rotate", /could not be made/);
    await stage.line(INC_42, id, /^A fresh credential waits/);
    assert.match((await openCredential(stage, ALICE, id)).password, /^[0-9a-f]{32}$/);
    await end(id);
  });

  it("a sealed one that Redis lost is made anew at the click", async () => {
    const { stage } = opened;
    const id = await given(ALICE, "tool user");
    await redis.del(`{breakglass}:sealed:${id}`);
    await press(id, "Open credential", /shown once/);
    await stage.line(INC_42, id, /^A fresh credential waits for Alice Ng/);
    assert.match((await openCredential(stage, ALICE, id)).password, /^[0-9a-f]{32}$/);
    await end(id);
  });

  it("where no secret is needed, none is made, and the message says so", async () => {
    const id = await given(ALICE, "door guest");
    const message = await direct(id, /There is no password: you get in with what you have already\./);
    assert.doesNotMatch(JSON.stringify(message), /Open credential|Rotate/);
    assert.deepEqual(await sealed(id), []);
    await end(id);
  });

  it("a link that is too old, and one of an access that ended", async () => {
    const { stage } = opened;
    const id = await given(ALICE);
    const old = await credentialPage(stage, ALICE, id);
    const link = lastLink(stage, ALICE);
    clock.advance(300_001);
    refused(await old.ask(), "STEP_UP_LINK");
    assert.match(await (await fetch(link)).text(), /This link is too old/);
    const page = await credentialPage(stage, ALICE, id);
    const newer = lastLink(stage, ALICE);
    const message = structuredClone(await direct(id, /shown once/));
    await end(id);
    refused(await page.ask(), "NOT_ACTIVE");
    assert.match(await (await fetch(newer)).text(), /Access is over/);
    const { text } = await click(stage, ALICE, message, { text: "Open credential" });
    assert.match(text, /has no access any more\. Access has ended/);
    assert.deepEqual(await sealed(id), []);
    assert.equal(lines(id, /opened the credential/), 0);
  });

  it("with a key enrolled it takes that key, and nobody else's; what fails is told", async () => {
    const { stage } = opened;
    const id = await given(BOB);
    const page = await credentialPage(stage, BOB, id);
    assert.match(await (await fetch(lastLink(stage, BOB))).text(), /Open it with my key/);
    refused(await page.ask(), "STEP_UP_NEEDED");
    const carol = await opened.enrolled("carol");
    refused(await page.ask(carol), "STEP_UP_FAILED");
    await stage.line(
      INC_42,
      id,
      /A confirmation with Bob Ortiz's link was refused: It was made with a key that is not/,
    );
    refused(await page.ask(bob, { origin: "https://evil.test" }), "STEP_UP_FAILED");
    assert.equal(lines(id, /opened the credential/), 0);
    await works(await page.open(bob));
    await stage.line(INC_42, id, /^Bob Ortiz opened the credential, with a security key\.$/);
    await end(id, BOB);
  });

  it("what was signed for one link opens no other, and nothing once the request moved on", async () => {
    const { stage } = opened;
    const id = await given(BOB);
    const [one, two] = [await credentialPage(stage, BOB, id), await credentialPage(stage, BOB, id)];
    const asked = (await one.call("/options")).answer as { version: number; options: { challenge: string } };
    const of = { challenge: asked.options.challenge, rpId: "localhost", origin: opened.origin };
    const signed = { version: asked.version, response: bob.sign(of) };
    refused(await two.call("", { signed }), "STEP_UP_FAILED");
    // The failed try is an entry of the request's own.
    refused(await one.call("", { signed: { ...signed, response: bob.sign(of) } }), "STEP_UP_STALE");
    await works(await one.open(bob));
    refused(await two.ask(bob), "CREDENTIAL_OPENED");
    await end(id, BOB);
  });

  it("a role that asks its requester for a key: nothing without one", async () => {
    const { stage } = opened;
    const alice = await opened.enrolled("alice");
    await opened.forgetLinks("alice");
    const id = await ask(stage, ALICE, "db owner INC-42 orders stuck");
    const confirm = lastLink(stage, ALICE);
    assert.equal((await confirmSoft(confirm, alice)).status, 200);
    await stage.line(INC_42, id, /^Access is on/);
    const page = await credentialPage(stage, ALICE, id);
    refused(await page.ask(), "STEP_UP_NEEDED");
    await works(await page.open(alice));
    await stage.line(INC_42, id, /^Alice Ng opened the credential, with a security key\.$/);
    await end(id);
  });

  it("nobody but the requester, whatever they click", async () => {
    const { stage } = opened;
    const id = await given(ALICE);
    const message = await direct(id, /shown once/);
    const copy = structuredClone({ ...message, channel: stage.slack.workspace.dm(CAROL).id });
    const { text } = await click(stage, CAROL, copy, { text: "Open credential" });
    assert.match(text, new RegExp(`Only the requester of ${id} can do this`));
    await end(id);
  });

  it("everything that was confirmed here holds when it is checked again from the ledger alone", async () => {
    const { stage } = opened;
    const audit = new StepUpAudit();
    const path = join(stage.dir, "data", "ledger.jsonl");
    for await (const line of linesIn(createReadStream(path))) await audit.see(parseEntry(line));
    assert.equal(audit.found.problem, undefined);
    assert.ok(audit.found.checked >= 4);
  });
});
