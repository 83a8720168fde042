import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Anomalies } from "../../src/app/anomalies.ts";
import { readRules } from "../../src/app/anomaly-rules.ts";
import { Observe } from "../../src/app/observe.ts";
import { readConfig } from "../../src/config.ts";
import type { Connection } from "../../src/connection.ts";
import type { Rule } from "../../src/domain/anomalies/rule.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { CLOCK } from "../../src/domain/people.ts";
import type { RequestState } from "../../src/domain/request.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { Recordings } from "../../src/recording/recordings.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { by, granted, ID, MINUTE, opened, recorded, SECOND, T0 } from "../domain/given.ts";
import { OF, statement } from "../recording/statement.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { vouch } from "../support/vouch.ts";

describe("what is unusual under a request", () => {
  let server: TestRedis;
  let redis: Connection;
  let ledger: Ledger;
  let rules: readonly Rule[];
  let dir: string;
  let now = T0 + MINUTE;
  let live: RequestState[] = [];
  const calls: (readonly [id: string, ends: boolean])[] = [];
  const open: Observe[] = [];

  const loaded = async (id = ID) => {
    const found = await ledger.load(id);
    assert.ok(found, id);
    return found;
  };
  const titles = async (id = ID) => (await loaded(id)).state.anomalies.map(({ title }) => title);
  const happens = async (id: string, events: readonly NewEvent[], at = now) => {
    const state = (await ledger.load(id))?.state;
    await ledger.record({ id, state, events, at });
  };
  const opening = () =>
    recorded([opened(), ...granted(15 * MINUTE)]).map(
      ({ type, actor, data, notes }) => ({ type, actor, data, notes }) as NewEvent,
    );
  const ends: readonly NewEvent[] = [
    { type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + 5 * MINUTE } },
    { type: "RevokeSucceeded", actor: CLOCK, data: { lateMs: 0, attempt: 1, done: [] } },
  ];
  const worker = (mark = "a") => {
    const options = {
      ledger,
      now: () => now,
      log: silent,
      recorded: (id: string, ended: boolean) => calls.push([id, ended]),
    };
    const anomalies = new Anomalies({ ...options, rules, withAccess: () => live });
    const recordings = new Recordings(dir, mark, () => now);
    const observe = new Observe({
      ...options,
      recordings,
      live: () => ({ has: () => true }),
      watch: (state) => anomalies.watch(state),
    });
    open.push(observe);
    return { anomalies, observe, recordings };
  };

  before(async () => {
    server = await startTestRedis();
    rules = await readRules(readConfig({}).anomalyRules);
  });
  after(async () => {
    await server.stop();
  });
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-anomalies-"));
    redis = connectRedis(server.url, { role: "commands", log: silent });
    await redis.flushall();
    await vouch(redis);
    ledger = new Ledger(redis, () => "AAAAAAAAAAAAAAAAAAAAAA");
    now = T0 + MINUTE;
    calls.length = 0;
    await happens(ID, opening(), T0);
    live = [(await loaded()).state];
  });
  afterEach(async () => {
    for (const each of open.splice(0)) await each.stop();
    redis.disconnect();
    await rm(dir, { recursive: true, force: true });
  });

  it("is raised with the digest that shows it, once however often it is done", async () => {
    const { observe, recordings } = worker();
    const recording = recordings.of(OF);
    recording.begin(statement("DELETE FROM orders", { at: now }));
    recording.begin(statement("DELETE FROM orders", { at: now }));
    await observe.look(true);
    recording.begin(statement("DELETE FROM orders", { at: now }));
    await observe.look(true);
    const { events } = await loaded();
    assert.deepEqual(
      events.slice(-3).map(({ type }) => type),
      ["CommandsObserved", "AnomalyRaised", "CommandsObserved"],
    );
    const raised = events.at(-2);
    assert.ok(raised?.type === "AnomalyRaised");
    assert.deepEqual(
      [raised.data.title, raised.data.facts, raised.data.statement],
      ["A statement changes every row of a table", { everyRow: true }, 1],
    );
  });

  it("ends the access where its rule says so, with the rule as the reason", async () => {
    const { observe, recordings } = worker();
    const recording = recordings.of(OF);
    recording.begin(statement("COPY orders FROM PROGRAM 'id'", { at: now }));
    await observe.look(true);
    const { state, events } = await loaded();
    assert.equal(state.phase, "ending");
    assert.equal(state.ending?.reason, "The server was made to read or write files, or to run a program");
    assert.equal(events.filter(({ type }) => type === "RevokeStarted").length, 1);
    assert.deepEqual(calls, [[ID, true]]);
    recording.begin(statement("SELECT pg_read_file('x')", { at: now }));
    await observe.look(true);
    assert.equal((await loaded()).events.filter(({ type }) => type === "RevokeStarted").length, 1);
  });

  it("is judged over all digests together: rows that were read, addresses that were used", async () => {
    const { observe, recordings } = worker();
    const recording = recordings.of(OF);
    const read = async (from: string) => {
      recording.end(recording.begin(statement("SELECT * FROM orders", { at: now, from })), { ms: 1, rows: 9_000 });
      await observe.look(true);
    };
    for (let n = 0; n < 5; n += 1) await read("10.0.0.7");
    assert.deepEqual(await titles(), []);
    await read("192.0.2.1");
    assert.deepEqual(
      (await titles()).toSorted((one, other) => one.localeCompare(other)),
      ["One access is used from two addresses", "Very many rows were read in all"],
    );
  });

  it("is judged when access is on: first time, hour, how many requests; once by two workers", async () => {
    const both = [worker("a"), worker("b")];
    await Promise.all(both.map(({ anomalies }) => anomalies.look()));
    assert.deepEqual(await titles(), ["First time on this target", "Access at an unusual hour"]);
    for (const [index, id] of ["BG-000002", "BG-000003"].entries()) {
      await happens(id, opening(), T0 + (index + 1) * SECOND);
      live.push((await loaded(id)).state);
    }
    for (const { anomalies } of both) await anomalies.look();
    assert.deepEqual(await titles("BG-000003"), ["Third request within a day", "Access at an unusual hour"]);
  });

  it("leaves out who asked when, and what was not used, in a drill", async () => {
    const drill = opening().map((event): NewEvent =>
      event.type === "RequestOpened"
        ? {
            ...event,
            data: { ...event.data, drill: { by: "schedule" }, verdict: { ...event.data.verdict, recorded: true } },
          }
        : event,
    );
    await happens("BG-000002", drill, T0);
    live = [(await loaded("BG-000002")).state];
    const { anomalies } = worker();
    await anomalies.look();
    await happens("BG-000002", ends);
    live = [];
    await anomalies.look();
    now += 11 * SECOND;
    await anomalies.look();
    assert.deepEqual(await titles("BG-000002"), []);
  });

  it("is judged when access has ended, after what was run last could be entered", async () => {
    const { anomalies } = worker();
    await anomalies.look();
    await happens(ID, [{ type: "CredentialRevealed", actor: by("alice"), data: { by: "page" } }, ...ends]);
    live = [];
    await anomalies.look();
    now += 11 * SECOND;
    await anomalies.look();
    // Nobody sees what is run there, and the credential was opened: so it isn't known.
    assert.ok(!(await titles()).includes("The access was never used"));
  });

  it("tells of access that was never used, also when its end was while no worker ran", async () => {
    const events = opening().map((event): NewEvent =>
      event.type === "RequestOpened"
        ? { ...event, data: { ...event.data, verdict: { ...event.data.verdict, recorded: true } } }
        : event,
    );
    await happens("BG-000002", events, T0);
    await happens("BG-000002", ends);
    live = [];
    now += 11 * SECOND;
    const { anomalies } = worker();
    await anomalies.look();
    await anomalies.look();
    assert.deepEqual(await titles("BG-000002"), ["The access was never used"]);
    assert.equal(calls.filter(([id]) => id === "BG-000002").length, 1);
  });

  it("waits for a ledger that is away", async () => {
    const { anomalies } = worker();
    await server.kill();
    await anomalies.look();
    await server.restart();
    for (let tries = 0; tries < 100 && (await ledger.load(ID).catch(() => undefined)) === undefined; tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 50));
    await anomalies.look();
    assert.ok((await titles()).includes("First time on this target"));
  });
});
