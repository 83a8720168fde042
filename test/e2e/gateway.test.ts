import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { readConfig } from "../../src/config.ts";
import { silent } from "../../src/log.ts";
import { start } from "../../src/main.ts";
import { ALICE, APPROVALS, CAROL, INC_42 } from "../support/acme.ts";
import { openCredential } from "../support/credential.ts";
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
