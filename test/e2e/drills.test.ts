import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import pg from "pg";
import { listDrills } from "../../src/cli/drills.ts";
import { writeRecord } from "../../src/cli/record.ts";
import { listRequests, showRequest } from "../../src/cli/requests.ts";
import { ALICE, APPROVALS, BOB, CAROL, DAVE, INCIDENTS, SECURITY } from "../support/acme.ts";
import { plainIo } from "../support/plain-io.ts";
import { postgres } from "../support/postgres.ts";
import { idIn, openStage, type Stage } from "../support/stage.ts";

const ROLE = `
        grant: { memberOf: [orders_reader] }
        requesters: [sre]
        approval: { quorum: 2, approvers: [leads, sre] }
        duration: { default: 15m, max: 30m }`;
const TARGETS = `
  orders-db:
    title: Orders database (production)
    provider: postgres
    connection: { url: "\${ORDERS_DB_ADMIN_URL}" }
    gateway: true
    roles:
      reader:${ROLE}
      lost:${ROLE.replace("] }", "], database: nowhere }")}
      people:${ROLE.replace("quorum: 2", "quorum: 1")}
  away-db:
    title: A database that is down
    provider: postgres
    connection: { url: "postgres://breakglass:secret@127.0.0.1:1/orders" }
    roles:
      reader:${ROLE}
      announced:${ROLE}
drills:
  - { target: away-db, role: announced, person: fire-drill, every: 12h, announce: true }
  - { target: orders-db, role: reader, person: fire-drill, approver: marshal }
  - { target: orders-db, role: lost, person: fire-drill, approver: marshal }
  - { target: orders-db, role: people, person: fire-drill, every: 30d }
  - { target: away-db, role: reader, person: fire-drill, approver: marshal }
`;

describe("drills, on a real Redis and a real Postgres", () => {
  let database: Awaited<ReturnType<typeof postgres>>;
  let stage: Stage;

  before(async () => {
    database = await postgres();
    await query("CREATE ROLE orders_reader");
    stage = await openStage({
      targets: TARGETS,
      env: { ORDERS_DB_ADMIN_URL: database.url, GATEWAY_PORT: "0" },
    });
  });
  after(async () => {
    await stage.stop();
    await database.stop();
  });

  const query = async (sql: string) => {
    const admin = new pg.Client(database.url);
    await admin.connect();
    const { rows } = await admin.query<Record<string, string>>(sql);
    await admin.end();
    return rows;
  };
  const io = () => plainIo({ REDIS_URL: stage.redis.url, POLICY_FILE: `${stage.dir}/policy.yaml` });
  const begin = async (account: string, what: string, like: RegExp) => {
    await stage.slack.workspace.as(account).command("/breakglass", `drill ${what}`);
    return idIn(stage.readable(await stage.ephemeral(account, like)));
  };

  it("the calendar's begins by itself, people approve it, and nobody is handed its access", async () => {
    const { workspace } = stage.slack;
    const card = await stage.message(APPROVALS, /DRILL · BG-/);
    const id = idIn(stage.readable(card));
    assert.match(stage.readable(card), /Fire drill · people on Orders database[\s\S]*A drill: to decide is part of it/);
    await stage.line(INCIDENTS, id, /^DRILL · The bot began a drill of people on orders-db/);
    const list = io();
    await listRequests(list, { all: false, json: false });
    assert.match(list.results.join(), new RegExp(`🟡 DRILL · ${id} · Fire drill`));
    await workspace.as(CAROL).click(card, { text: "Approve" });
    await stage.line(INCIDENTS, id, /^DRILL · Passed\. 5 of 5 steps/);
    await workspace.as(ALICE).command("/breakglass", `open ${id}`);
    await stage.ephemeral(ALICE, /is a drill: its access is handed to nobody/);
    const show = io();
    await showRequest(show, id, { json: false });
    const record = io();
    await writeRecord(record, id, {});
    assert.match(
      record.results.join("\n"),
      /<title>DRILL · BG-[\s\S]*>\s*DRILL · Record of a rehearsal\s*<[\s\S]*Passed\. 5 of 5 steps/,
    );
    assert.ok(
      show.results.every((line) => line.includes("DRILL · ")),
      show.results.join("\n"),
    );
  });

  it("one that is to be announced is, in the channel where everybody reads", async () => {
    await stage.message(INCIDENTS, /^A drill of announced on away-db comes /);
  });

  it("one that approves itself goes the whole way, through the session gateway, and wakes nobody", async () => {
    const { workspace } = stage.slack;
    const id = await begin(ALICE, "orders-db reader", /DRILL · BG-\w+ · it has begun/);
    const score = await stage.line(INCIDENTS, id, /Passed/);
    assert.match(
      score,
      /^DRILL · Passed\. 5 of 5 steps: approved after [\d.]+ s, granted [\d.]+ s, works [\d.]+ s, revoked [\d.]+ s, checked [\d.]+ s\. Its access was gone [\d.]+ s after its end\.$/,
    );
    const lines = stage.thread(INCIDENTS, id).filter((line) => !line.includes(" ran "));
    assert.deepEqual(
      lines.map((line) => line.replace(/bg_\w+|until .*|(no|\d) connections? .*|\d+\.\d s after .*|Passed.*/g, "…")),
      [
        "DRILL · Alice Ng began a drill of reader on orders-db for 5 min, in the name of Fire drill. Nobody is handed the access. Fire marshal approves it, as its own approver.",
        "DRILL · Fire marshal approved, as the drill's own approver.",
        "DRILL · Access is on: … at orders-db, …",
        "DRILL · It works: … logged in through the session gateway, as a member of orders_reader.",
        "DRILL · The bot ended it.",
        "DRILL · Gone, and checked: role removed, …",
        "DRILL · …",
      ],
    );
    const title = new RegExp(`DRILL · ${id} · Fire drill · reader on .*passed`);
    assert.doesNotMatch(stage.readable(await stage.message(INCIDENTS, title)), /Ask again|End now|Review/);
    for (const place of [SECURITY, workspace.dm(ALICE).id]) assert.deepEqual(workspace.messages(place), []);
    assert.ok(workspace.messages(APPROVALS).every((message) => !stage.readable(message).includes(id)));
  });

  it("is refused to whoever may not ask for the role, and to whoever names none", async () => {
    const { workspace } = stage.slack;
    await workspace.as(DAVE).command("/breakglass", "drill orders-db reader");
    await stage.ephemeral(DAVE, /You may not begin a drill of reader on orders-db/);
    await workspace.as(BOB).command("/breakglass", "drill orders-db");
    await stage.ephemeral(BOB, /There are drills of reader, lost and people on orders-db[\s\S]*Say which/);
  });

  it("waits for the vote of everybody but who began it", async () => {
    const { workspace } = stage.slack;
    const id = await begin(BOB, "away-db announced", /waiting for approval/);
    const card = await stage.message(APPROVALS, new RegExp(id));
    assert.match(stage.readable(card), /Calling @Carol Diaz @Alice Ng\n/);
    await workspace.as(CAROL).command("/breakglass", "status");
    await stage.ephemeral(CAROL, new RegExp(`Waiting for your vote:\\n🟡 DRILL · ${id}`));
    await workspace.as(BOB).command("/breakglass", "status");
    assert.equal(stage.readable(await stage.ephemeral(BOB, /^You have no/)), "You have no open request.");
  });

  it("wakes the security channel once where its credential does not work, and where its target is down", async () => {
    const lost = await begin(ALICE, "orders-db lost", /it has begun/);
    const away = await begin(BOB, "away-db reader", /it has begun/);
    await stage.line(INCIDENTS, lost, /🔴 It does not work \(TARGET_REFUSED\): .*nowhere/);
    await stage.line(INCIDENTS, lost, /🔴 Failed: its credential does not work\. 4 of 5 steps/);
    await stage.message(
      SECURITY,
      new RegExp(`@channel DRILL · ${lost}: lost on orders-db\\. 🔴 Failed: its credential`),
    );
    await stage.line(INCIDENTS, away, /🔴 Could not|can't be asked|could not be asked/);
    const said = () => stage.slack.workspace.messages(SECURITY).map(stage.readable);
    assert.equal(said().filter((text) => text.includes(lost)).length, 1, said().join("\n"));
    assert.ok(said().every((text) => text.includes("DRILL · ")));
    const left = await query("SELECT rolname FROM pg_roles WHERE rolname LIKE 'bg\\_%' AND rolname <> 'bg_quarantine'");
    assert.deepEqual(left, []);
  });

  it("stands on the command line, with its score and when the next is due", async () => {
    const drills = io();
    assert.equal(await listDrills(drills, { json: false }), 1);
    const text = drills.results.join("\n");
    assert.match(
      text,
      /orders-db reader: only by hand\n {2}last \S+ \S+, BG-\w+: passed; 5 of 5 steps: approved after/,
    );
    assert.match(text, /orders-db lost: only by hand\n {2}last .*: failed, its credential does not work; 4 of 5 steps/);
    assert.match(text, /orders-db people: next \d{4}-\S+ \S+Z\n {2}last .*: passed/);
    const json = io();
    await listDrills(json, { json: true });
    assert.match(json.results.join("\n"), /"works": "yes",\s+"passed": true/);
  });
});
