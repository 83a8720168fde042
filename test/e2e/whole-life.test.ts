import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { ALICE, APPROVALS, CAROL, INC_42, INCIDENTS } from "../support/acme.ts";
import { openCredential } from "../support/credential.ts";
import { postgres } from "../support/postgres.ts";
import { idIn, openStage, type Stage } from "../support/stage.ts";

const TARGETS = `
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    runbook: https://runbooks.acme.test/orders-db
    roles:
      writer:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval: { quorum: 1, approvers: [leads] }
        duration: { default: 15m, max: 30m }
`;

describe("one request, from the slash command to the checked revoke, on a real Redis and a real Postgres", () => {
  let database: Awaited<ReturnType<typeof postgres>>;
  let stage: Stage;

  before(async () => {
    database = await postgres();
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query(
      "CREATE ROLE orders_writer; CREATE TABLE orders (id int, status text); GRANT SELECT, UPDATE ON orders TO orders_writer",
    );
    await admin.query("INSERT INTO orders VALUES (1, 'stuck')");
    await admin.end();
    stage = await openStage({ targets: TARGETS, env: { ORDERS_DB_ADMIN_URL: database.url } });
  });

  after(async () => {
    await stage.stop();
    await database.stop();
  });

  it("holds every step in one thread", async () => {
    const { workspace } = stage.slack;
    const alice = workspace.as(ALICE);
    const carol = workspace.as(CAROL);

    const asked = await alice.command("/breakglass", "orders-db writer 4s INC-42 orders stuck after failover", {
      channel: INC_42,
    });
    assert.equal(asked.status, 200);
    assert.equal(asked.problem, null);
    const receipt = await stage.ephemeral(ALICE, /waiting for approval/);
    const id = idIn(stage.readable(receipt));

    const card = await stage.message(APPROVALS, new RegExp(id));
    assert.match(stage.readable(card), /Alice Ng/);
    assert.match(stage.readable(card), /@carol/i);
    assert.match(stage.readable(card), /runbooks\.acme\.test/);
    await stage.line(INC_42, id, /asked for writer on orders-db for 4 s/);
    assert.equal(stage.thread(INCIDENTS, id).length, 0);

    await carol.click(card, { text: "Approve" });
    await stage.line(INC_42, id, /Access is on: bg_/);
    const turned = await stage.message(APPROVALS, /Approved by Carol Diaz/);
    assert.equal(turned.ts, card.ts);

    const { user, password } = await openCredential(stage, ALICE, id);
    assert.equal(user, id.toLowerCase().replace("-", "_"));
    const client = new pg.Client({ host: "127.0.0.1", port: database.port, database: "postgres", user, password });
    const closed = new Promise<void>((resolve) =>
      client.on("error", () => {
        resolve();
      }),
    );
    await client.connect();
    assert.equal((await client.query("UPDATE orders SET status = 'queued'")).rowCount, 1);

    await stage.line(INC_42, id, /Gone, and checked/);
    await closed;
    await assert.rejects(
      new pg.Client({ host: "127.0.0.1", port: database.port, database: "postgres", user, password }).connect(),
    );

    assert.deepEqual(
      stage.thread(INC_42, id).map((line) => line.replace(/bg_\w+|\d+ s(?= left)|\d+\.\d s|Ledger .*|until .*/g, "…")),
      [
        'Alice Ng asked for writer on orders-db for 4 s: "INC-42 orders stuck after failover". It takes 1 of leads.',
        "Carol Diaz approved.",
        "Access is on: … at orders-db, …",
        "Alice Ng opened the credential.",
        "… left.",
        "Time is up.",
        "Gone, and checked: role removed, 1 connection closed, … after the deadline. …",
      ],
    );
  });
});
