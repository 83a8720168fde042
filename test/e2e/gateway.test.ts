import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { showCommands } from "../../src/cli/commands-of.ts";
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { start } from "../../src/main.ts";
import { ALICE, APPROVALS, CAROL, INC_42 } from "../support/acme.ts";
import { ask } from "../support/ask.ts";
import { openCredential } from "../support/credential.ts";
import { plainIo } from "../support/plain-io.ts";
import { postgres } from "../support/postgres.ts";
import { idIn, openStage, type Stage } from "../support/stage.ts";

const TARGETS = `
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    gateway: true
    roles:
      writer:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval: { quorum: 1, approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;

/** The environment of a gateway alone. */
function loneEnv({ redis, dir }: Stage): Record<string, string> {
  return {
    ...{ ROLE: "gateway", GATEWAY_PORT: "0", GATEWAY_PUBLIC_ADDRESS: "127.0.0.1" },
    ...{ REDIS_URL: redis.url, POLICY_FILE: join(dir, "policy.yaml"), PORT: "0" },
    ...{ DATA_DIR: join(dir, "lone"), VAULT_KEY_FILE: join(dir, "data", "vault.key") },
  };
}

describe("one request through the session gateway, on a real Redis and a real Postgres", () => {
  let database: Awaited<ReturnType<typeof postgres>>;
  let stage: Stage;

  before(async () => {
    database = await postgres();
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query("CREATE ROLE orders_writer; CREATE TABLE orders (id int, status text)");
    await admin.query("GRANT SELECT, UPDATE ON orders TO orders_writer; INSERT INTO orders VALUES (1, 'stuck')");
    await admin.end();
    const env = { ORDERS_DB_ADMIN_URL: database.url, GATEWAY_PORT: "0" };
    stage = await openStage({ targets: TARGETS, env });
  });

  after(async () => {
    await stage.stop();
    await database.stop();
  });

  it("is asked for, approved, used and ended, and nobody but the gateway ever had the target's password", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    await alice.command("/breakglass", "orders-db writer 5m INC-42 orders stuck", { channel: INC_42 });
    const id = idIn(stage.readable(await stage.ephemeral(ALICE, /waiting for approval/)));
    const card = await stage.message(APPROVALS, new RegExp(id));
    await stage.slack.workspace.as(CAROL).click(card, { text: "Approve" });
    await stage.line(INC_42, id, /Access is on/);

    const { user, password, connect } = await openCredential(stage, ALICE, id);
    const { host = "", port = 0 } = stage.bot.gateway ?? {};
    assert.equal(connect, `psql "host=${host} port=${port} dbname=postgres user=${user}"`);
    const login = { host, port, database: "postgres", user, password };
    await assert.rejects(new pg.Client({ ...login, port: database.port }).connect(), /authentication failed/);

    const client = new pg.Client(login);
    const closed = new Promise<Error>((resolve) => client.on("error", resolve));
    await client.connect();
    assert.equal((await client.query("UPDATE orders SET status = $1", ["queued"])).rowCount, 1);
    await stage.line(INC_42, id, /Alice Ng ran 1 statement: 1 UPDATE of 1 row in orders/);

    // One with a process of its own knows neither Slack nor the admin of the target.
    const lone = await start(readConfig(loneEnv(stage)), {}, { log: silent });
    try {
      const second = new pg.Client({ ...login, port: lone.gateway?.port ?? 0 });
      await second.connect();
      assert.equal((await second.query("SELECT 1")).rowCount, 1);
      await second.end();
      await stage.line(INC_42, id, /Alice Ng ran 1 statement: 1 SELECT/);
      const ready = await fetch(`${lone.url}/readyz`);
      assert.equal(ready.status, 200, await ready.text());
    } finally {
      await lone.stop();
    }

    await alice.command("/breakglass", `end ${id}`, { channel: INC_42 });
    assert.match((await closed).message, /the access of BG-\w+ is over/);
    await stage.line(INC_42, id, /Gone, and checked/);
    await assert.rejects(new pg.Client(login).connect(), /authentication failed/);
  });
});

describe("what is run through the session gateway", () => {
  let database: Awaited<ReturnType<typeof postgres>>;
  let stage: Stage;

  before(async () => {
    database = await postgres();
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query("CREATE ROLE orders_writer; CREATE TABLE orders (id int, status text, email text)");
    await admin.query("GRANT SELECT, UPDATE, DELETE ON orders TO orders_writer");
    await admin.query("INSERT INTO orders SELECT n, 'stuck', 'x' FROM generate_series(1, 97) n");
    await admin.end();
    const env = { ORDERS_DB_ADMIN_URL: database.url, GATEWAY_PORT: "0", ANOMALY_RULES: readConfig({}).anomalyRules };
    const targets = TARGETS.replace("gateway: true", "gateway: { mask: [email] }");
    stage = await openStage({ targets, env });
  });

  after(async () => {
    await stage.stop();
    await database.stop();
  });

  it("stands in the thread, in the recording and in the review's facts, and a DELETE of everything is unusual", async () => {
    const alice = stage.slack.workspace.as(ALICE);
    await alice.command("/breakglass", "orders-db writer 5m INC-42 orders stuck", { channel: INC_42 });
    const id = idIn(stage.readable(await stage.ephemeral(ALICE, /waiting for approval/)));
    await stage.slack.workspace.as(CAROL).click(await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /Access is on/);
    const { user, password } = await openCredential(stage, ALICE, id);
    const { host = "", port = 0 } = stage.bot.gateway ?? {};
    const client = new pg.Client({ host, port, database: "postgres", user, password });
    client.on("error", () => undefined);
    await client.connect();
    for (let n = 0; n < 5; n += 1) await client.query("SELECT * FROM orders");
    await client.query("UPDATE orders SET status = $1, email = $2", ["queued", "a@b.test"]);
    await assert.rejects(client.query("DROP TABLE orders"), /must be owner/);
    const began = Date.now();
    await client.query("DELETE FROM orders");
    await stage.line(
      INC_42,
      id,
      /Alice Ng ran 8 statements: 5 SELECT, 1 UPDATE of 97 rows in orders, 1 DELETE of 97 rows in orders, 1 DDL\. 1 failed\./,
    );
    assert.ok(Date.now() - began < 5_000, `${Date.now() - began} ms`);
    await stage.line(INC_42, id, /^UPDATE orders SET status = \$1, email = \$2 {2}97 rows/);
    await stage.line(INC_42, id, /^DROP TABLE orders {2}refused \(42501\)/);
    await stage.line(INC_42, id, /Unusual, high: A statement changes every row of a table/);
    await client.end();
    await alice.command("/breakglass", `end ${id}`, { channel: INC_42 });
    await stage.line(INC_42, id, /Gone, and checked/);

    const io = plainIo({ REDIS_URL: stage.redis.url, DATA_DIR: join(stage.dir, "data") });
    assert.equal(await showCommands(io, id, { json: true }), 0);
    const shown = io.results.join("\n");
    assert.match(shown, /"sql":"DELETE FROM orders"/);
    assert.match(shown, /"command":"UPDATE 97"/);
    assert.doesNotMatch(shown, /a@b\.test/);
  });

  it("ends the access of whoever gives their role at the target a password that they know", async () => {
    const id = await ask(stage, ALICE, "orders-db writer 5m INC-42 orders stuck again");
    await stage.slack.workspace.as(CAROL).click(await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /Access is on/);
    const { user, password } = await openCredential(stage, ALICE, id);
    const login = { host: "127.0.0.1", database: "postgres", user };
    const client = new pg.Client({ ...login, port: stage.bot.gateway?.port ?? 0, password });
    const closed = new Promise<Error>((resolve) => client.on("error", resolve));
    await client.connect();
    await client.query(`ALTER ROLE ${user} PASSWORD 'known'`);
    const past = new pg.Client({ ...login, port: database.port, password: "known" });
    const pastClosed = new Promise<Error>((resolve) => past.on("error", resolve));
    await past.connect();
    assert.match((await closed).message, /is over/);
    await pastClosed;
    await stage.line(INC_42, id, /Gone, and checked/);
    const again = new pg.Client({ ...login, port: database.port, password: "known" });
    await assert.rejects(again.connect(), /authentication failed/);
  });
});
