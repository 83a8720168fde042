import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { ALICE, APPROVALS, INCIDENTS, SECURITY } from "../support/acme.ts";
import { postgres } from "../support/postgres.ts";
import { idIn, openStage, type Stage } from "../support/stage.ts";

const TARGETS = `
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    roles:
      reader:
        grant: { memberOf: [orders_reader] }
        requesters: [sre]
        approval: { quorum: 2, approvers: [leads, dba] }
        duration: { default: 15m, max: 30m }
drills:
  - { target: orders-db, role: reader, person: fire-drill, approver: marshal }
`;

describe("a drill, on a real Redis and a real Postgres", () => {
  let database: Awaited<ReturnType<typeof postgres>>;
  let stage: Stage;

  before(async () => {
    database = await postgres();
    const admin = new pg.Client(database.url);
    await admin.connect();
    await admin.query("CREATE ROLE orders_reader");
    await admin.end();
    stage = await openStage({ targets: TARGETS, env: { ORDERS_DB_ADMIN_URL: database.url } });
  });

  after(async () => {
    await stage.stop();
    await database.stop();
  });

  it("goes the whole way by itself, says at each step that it is one, and hands access to nobody", async () => {
    const { workspace } = stage.slack;
    await workspace.as(ALICE).command("/breakglass", "drill orders-db");
    const receipt = stage.readable(await stage.ephemeral(ALICE, /it has begun/));
    const id = idIn(receipt);
    assert.match(receipt, /DRILL · BG-/);
    const score = await stage.line(INCIDENTS, id, /Passed/);
    assert.match(
      score,
      /^DRILL · Passed\. 5 of 5 steps: approved after [\d.]+ s, granted [\d.]+ s, works [\d.]+ s, revoked [\d.]+ s, checked [\d.]+ s\. Its access was gone [\d.]+ s after its end\.$/,
    );
    const lines = stage.thread(INCIDENTS, id);
    assert.deepEqual(
      lines.map((line) => line.replace(/bg_\w+|until .*|no connection was open, .*|\d+\.\d s after .*|Passed.*/g, "…")),
      [
        "DRILL · Alice Ng began a drill of reader on orders-db for 5 min, in the name of Fire drill. Nobody is handed the access. Fire marshal approves it, as its own approver.",
        "DRILL · Fire marshal approved, as the drill's own approver.",
        "DRILL · Access is on: … at orders-db, …",
        "DRILL · It works: … logged in, as a member of orders_reader.",
        "DRILL · The bot ended it.",
        "DRILL · Gone, and checked: role removed, …",
        "DRILL · …",
      ],
    );
    const root = stage.readable(
      await stage.message(INCIDENTS, new RegExp(`DRILL · ${id} · Fire drill · reader on .*passed`)),
    );
    assert.doesNotMatch(root, /Ask again/);
    assert.deepEqual(workspace.messages(APPROVALS), []);
    assert.deepEqual(workspace.messages(SECURITY), []);
    assert.deepEqual(workspace.messages(workspace.dm(ALICE).id), []);
  });
});
