import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import pg from "pg";
import { ALICE, APPROVALS, CAROL, INCIDENTS } from "../support/acme.ts";
import { openCredential } from "../support/credential.ts";
import { loggingPostgres } from "../support/logging-postgres.ts";
import { postgres } from "../support/postgres.ts";
import { idIn, openStage, type Stage } from "../support/stage.ts";

const TARGET = (activity: string) => `
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    ${activity}
    roles:
      writer:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval: { quorum: 1, approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;

/** A bot before a database, both stopped when the test is over. */
async function served(
  t: TestContext,
  database: { url: string; stop(): Promise<void> },
  activity: string,
): Promise<Stage> {
  t.after(() => database.stop());
  await withOrders(database);
  const stage = await openStage({ targets: TARGET(activity), env: { ORDERS_DB_ADMIN_URL: database.url } });
  t.after(() => stage.stop());
  return stage;
}

async function withOrders(database: { url: string }): Promise<void> {
  const admin = new pg.Client(database.url);
  await admin.connect();
  await admin.query("CREATE ROLE orders_writer; CREATE TABLE orders (id int, status text, email text)");
  await admin.query("GRANT SELECT, UPDATE ON orders TO orders_writer; INSERT INTO orders VALUES (1, 'stuck')");
  await admin.end();
}

/** Alice's session at the target itself, with no gateway before it. */
async function access(stage: Stage, database: { port: number }): Promise<{ id: string; client: pg.Client }> {
  const alice = stage.slack.workspace.as(ALICE);
  await alice.command("/breakglass", "orders-db writer 5m INC-42 orders stuck");
  const id = idIn(stage.readable(await stage.ephemeral(ALICE, /waiting for approval/)));
  await stage.slack.workspace.as(CAROL).click(await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
  await stage.line(INCIDENTS, id, /Access is on/);
  const { user, password } = await openCredential(stage, ALICE, id);
  const client = new pg.Client({ host: "127.0.0.1", port: database.port, database: "postgres", user, password });
  client.on("error", () => undefined);
  await client.connect();
  return { id, client };
}

describe("what is run at a target that no gateway stands before", () => {
  it("is told by the server's log, where the policy asks for it, masked as the policy says", async (t) => {
    const database = await loggingPostgres({ log_destination: "jsonlog", log_statement: "all", log_duration: "on" });
    const stage = await served(t, database, "activity: { mask: [email] }");
    const { id, client } = await access(stage, database);
    await client.query("SELECT * FROM orders");
    await client.query("UPDATE orders SET email = 'a@b.test'");
    await stage.line(
      INCIDENTS,
      id,
      /Alice Ng ran 2 statements: 1 SELECT, 1 UPDATE in orders\. By the server's own log, as far as it goes\./,
    );
    await stage.line(INCIDENTS, id, /^UPDATE orders SET email = '\*\*\*'/);
    // Nothing is told twice, by another start either.
    await stage.bot.stop();
    await stage.startAgain();
    await client.query("SELECT 'later'");
    await stage.line(INCIDENTS, id, /ran 1 statement: 1 SELECT\./);
    assert.equal(stage.thread(INCIDENTS, id).filter((line) => line.includes(" ran ")).length, 2);
    await client.end();
  });

  it("is told by samples where there is no log, and not at all where the policy doesn't ask for it", async (t) => {
    const database = await postgres();
    const stage = await served(t, database, "activity: true");
    const { id, client } = await access(stage, database);
    await client.query("UPDATE orders SET status = 'queued'");
    await stage.line(INCIDENTS, id, /Alice Ng ran 1 statement: 1 UPDATE in orders\. Seen by looking now and then/);
    await client.end();
  });
});
