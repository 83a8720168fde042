import assert from "node:assert/strict";
import { appendFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Observe } from "../../src/app/observe.ts";
import type { Connection } from "../../src/connection.ts";
import type { EventData } from "../../src/domain/events.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { checkRecording } from "../../src/recording/read-recording.ts";
import type { Recording } from "../../src/recording/recording.ts";
import { Recordings } from "../../src/recording/recordings.ts";
import { silent } from "../../src/log.ts";
import { granted, ID, MINUTE, opened, recorded, T0 } from "../domain/given.ts";
import { OF, statement } from "../recording/statement.ts";
import { logKept } from "../support/kept-log.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { vouch } from "../support/vouch.ts";

describe("what was run, entered into the ledger", () => {
  let server: TestRedis;
  let redis: Connection;
  let ledger: Ledger;
  let dir: string;
  let now = T0 + MINUTE;
  let live = true;
  const told: string[] = [];
  const watched: { recordings: Recordings; observe: Observe }[] = [];

  const process_ = (mark: string, log = silent) => {
    const recordings = new Recordings(dir, mark, () => now);
    const observe = new Observe({
      ...{ ledger, recordings, now: () => now, log },
      live: () => ({ has: () => live }),
      recorded: (id) => told.push(id),
    });
    watched.push({ recordings, observe });
    return { recordings, observe };
  };
  const digests = async (): Promise<EventData<"CommandsObserved">[]> =>
    ((await ledger.load(ID))?.events ?? []).flatMap((event) => (event.type === "CommandsObserved" ? [event.data] : []));
  const run = (recording: Recording, sql: string, rows?: number) => {
    const n = recording.begin(statement(sql, { at: now }));
    recording.end(n, { ms: 2, ...(rows !== undefined && { rows }) });
  };

  before(async () => {
    server = await startTestRedis();
  });
  after(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-observe-"));
    redis = connectRedis(server.url, { role: "commands", log: silent });
    await redis.flushall();
    await vouch(redis);
    ledger = new Ledger(redis, () => "AAAAAAAAAAAAAAAAAAAAAA");
    now = T0 + MINUTE;
    live = true;
    told.length = 0;
    const events = recorded([opened(), ...granted(15 * MINUTE)]).map(
      ({ seq: _seq, hash: _hash, at: _at, ...event }) => event,
    );
    await ledger.record({ id: ID, state: undefined, events, at: T0 });
  });
  afterEach(async () => {
    for (const { observe } of watched.splice(0)) await observe.stop();
    redis.disconnect();
    await rm(dir, { recursive: true, force: true });
  });

  it("is one entry for what comes together, when it is quiet, with the file's size and hash", async () => {
    const { recordings, observe } = process_("a");
    const recording = recordings.of(OF);
    for (const rows of [1, 2, 3]) run(recording, "SELECT * FROM lines", rows);
    run(recording, "UPDATE orders SET status = 'queued' WHERE id < 98", 97);
    await observe.look();
    assert.deepEqual(await digests(), []);
    now += 800;
    await observe.look();
    const [digest, ...others] = await digests();
    assert.ok(digest);
    assert.deepEqual(others, []);
    const { recording: position, ...rest } = digest;
    assert.deepEqual(rest, {
      ...{ by: "gateway", from: T0 + MINUTE, to: T0 + MINUTE + 2, statements: 4 },
      kinds: [
        { kind: "SELECT", count: 3, rows: 6, tables: ["lines"] },
        { kind: "UPDATE", count: 1, rows: 97, tables: ["orders"] },
      ],
      ...{ bytes: 0, errors: 0, running: 0, later: 0, sessions: ["1"], more: 0 },
      shown: [{ n: 4, at: T0 + MINUTE, verbs: ["UPDATE"], rows: 97 }],
    });
    assert.deepEqual(await checkRecording(recordings.folder, recording.name, [position]), {
      ...{ name: recording.name, held: 1, unsaid: 0 },
    });
    assert.deepEqual(told, [ID]);
    await observe.look(true);
    assert.equal((await digests()).length, 1);
  });

  it("counts the rows of each kind where one text has several, and shows what is gravest", async () => {
    const { recordings, observe } = process_("a");
    const recording = recordings.of(OF);
    const texts = recording.begin(statement("SELECT 1; UPDATE orders SET a = 1 WHERE id = 7; COMMIT"));
    recording.end(texts, { ms: 1, rows: 4, command: "SELECT 3; UPDATE 1; COMMIT" });
    for (let n = 0; n < 10; n += 1) run(recording, "DELETE FROM orders WHERE id = 1", 1);
    run(recording, "WITH gone AS (DELETE FROM orders RETURNING *) INSERT INTO kept SELECT * FROM gone", 600);
    run(recording, "COPY orders TO PROGRAM 'x'");
    await observe.look(true);
    const [digest] = await digests();
    assert.deepEqual(
      digest?.kinds.map(({ kind, count, rows }) => ({ kind, count, rows })),
      [
        { kind: "SELECT", count: 1, rows: 3 },
        { kind: "INSERT", count: 1, rows: 600 },
        { kind: "UPDATE", count: 1, rows: 1 },
        { kind: "DELETE", count: 10, rows: 10 },
        { kind: "COPY", count: 1, rows: undefined },
        { kind: "transaction", count: 1, rows: undefined },
      ],
    );
    const verbs = digest.shown.flatMap((each) => each.verbs);
    assert.ok(verbs.includes("COPY TO PROGRAM") && verbs.includes("INSERT"), verbs.join());
  });

  it("is told within three seconds although more and more comes", async () => {
    const { recordings, observe } = process_("a");
    const recording = recordings.of(OF);
    for (let tick = 0; tick < 20; tick += 1) {
      run(recording, "SELECT 1");
      now += 400;
      await observe.look();
    }
    const found = await digests();
    assert.ok(found.length >= 2 && found.length <= 3, String(found.length));
    assert.ok(found.every(({ from, to }) => to - from <= 3_000));
    await observe.look(true);
    const all = await digests();
    assert.equal(
      all.reduce((sum, { statements }) => sum + statements, 0),
      20,
    );
    assert.equal((await ledger.load(ID))?.state.observed?.statements, 20);
  });

  it("has the texts as notes, so that they can be erased, and no more of them than has room", async () => {
    const { recordings, observe } = process_("a");
    const recording = recordings.of(OF);
    for (let n = 1; n <= 20; n += 1) run(recording, `INSERT INTO orders VALUES ('${"<&`".repeat(400)}', ${n})`, 1);
    run(recording, "DROP TABLE orders");
    await observe.look(true);
    const event = (await ledger.load(ID))?.events.at(-1);
    assert.ok(event?.type === "CommandsObserved");
    assert.equal(event.data.shown.length, 6);
    assert.equal(event.data.more, 15);
    assert.deepEqual(event.data.shown.at(-1)?.verbs, ["DROP TABLE"]);
    assert.equal(event.notes?.["statement.6"], "DROP TABLE orders");
    assert.equal(event.notes["addresses"], "10.0.0.7");
    assert.ok(event.notes["statement.1"]?.endsWith("… (INSERT)"));
    assert.doesNotMatch(JSON.stringify(event.data), /INSERT INTO|10\.0\.0\.7/);
    const [entry] = (await ledger.entriesOf(ID)).slice(-1);
    assert.ok(JSON.stringify(entry).length < 10_000);
  });

  it("tells what still runs, and its rows when it has ended", async () => {
    const { recordings, observe } = process_("a");
    const recording = recordings.of(OF);
    const slow = recording.begin(statement("DELETE FROM lines WHERE old", { at: now }));
    await observe.look(true);
    now += 60_000;
    recording.end(slow, { ms: 60_000, rows: 12_000, command: "DELETE 12000" });
    await observe.look(true);
    const [one, two] = await digests();
    assert.deepEqual([one?.statements, one?.running, one?.later], [1, 1, 0]);
    assert.deepEqual([two?.statements, two?.running, two?.later], [0, 0, 1]);
    assert.deepEqual(two?.kinds, [{ kind: "DELETE", count: 0, rows: 12_000, tables: ["lines"] }]);
    assert.deepEqual((await ledger.load(ID))?.state.observed?.kinds, { DELETE: { count: 1, rows: 12_000 } });
  });

  it("is kept while Redis is away, and entered afterwards", async () => {
    const kept = logKept();
    const { recordings, observe } = process_("a", kept.log);
    const recording = recordings.of(OF);
    await server.kill();
    run(recording, "UPDATE orders SET a = 1", 5);
    await observe.look(true);
    assert.ok(kept.find(/could not be entered/));
    run(recording, "SELECT 1");
    await server.restart();
    await until(async () => {
      await observe.look(true);
      return (await digests().catch(() => [])).at(0);
    }, "the digest");
    assert.deepEqual(
      (await digests()).map(({ statements }) => statements),
      [2],
    );
  });

  it("is told by the next process when one dies, each statement once", async () => {
    const dead = process_("dead");
    const recording = dead.recordings.of(OF);
    run(recording, "SELECT 1");
    await dead.observe.look(true);
    run(recording, "DELETE FROM orders");
    recording.begin(statement("SELECT 3"));
    // It was killed in the middle of a line.
    appendFileSync(join(dead.recordings.folder, recording.name), '{"n":9,');
    watched.length = 0;

    const next = process_("next");
    await next.observe.start();
    await until(async () => (await digests()).at(1), "the second digest");
    const [, left] = await digests();
    assert.deepEqual([left?.statements, left?.running, left?.recording.file], [2, 1, recording.name]);
    await next.observe.look(true);
    const third = process_("third");
    await third.observe.start();
    await third.observe.look(true);
    assert.equal((await digests()).length, 2);
    assert.ok(left);
    assert.equal((await checkRecording(next.recordings.folder, recording.name, [left.recording])).problem, undefined);
  });

  it("is told once by two processes that find the same file", async () => {
    const dead = process_("dead");
    run(dead.recordings.of(OF), "SELECT 1");
    watched.length = 0;
    const both = [process_("one"), process_("two")];
    await Promise.all(both.map(({ observe }) => observe.start()));
    await Promise.all(both.map(({ observe }) => observe.look(true)));
    assert.equal((await digests()).length, 1);
  });

  it("leaves a recording alone that no request explains", async () => {
    const kept = logKept();
    const { recordings, observe } = process_("a", kept.log);
    run(recordings.of({ ...OF, request: "BG-000001" }), "SELECT 1");
    await observe.look(true);
    assert.ok(kept.find(/doesn't know/));
    assert.equal(await ledger.load("BG-000001"), undefined);
  });

  it("lets go of the file when the grant is over", async () => {
    const { recordings, observe } = process_("a");
    run(recordings.of(OF), "SELECT 1");
    live = false;
    await observe.look();
    assert.equal(recordings.open.length, 1);
    now += 1_000;
    await observe.look();
    assert.equal(recordings.open.length, 0);
    assert.match(readFileSync(join(recordings.folder, `${ID}.a-1.ndjson`), "utf8"), /SELECT 1/);
  });
});
