import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { Connection } from "../../src/connection.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { CodedError, type Code } from "../../src/errors.ts";
import { parseEntry } from "../../src/ledger/entry.ts";
import { KEYS, PROGRAM } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { Recovery } from "../../src/ledger/recovery.ts";
import { verify } from "../../src/ledger/verify.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { ask, by, MINUTE, Scene, T0 } from "../support/scene.ts";

const salt = () => randomBytes(16).toString("base64url");
const has = (code: Code) => (error: unknown) => error instanceof CodedError && error.code === code;
const approval: NewEvent = { type: "ApprovalGiven", actor: by("carol"), data: { votes: 1, quorum: 1 } };
const withdrawal: NewEvent = { type: "RequestWithdrawn", actor: by("alice"), data: {} };

describe("P5: a Redis that lost what it acknowledged", () => {
  let server: TestRedis;
  let redis: Connection;
  let dir: string;
  let ledger: Ledger;
  let mirrors: Mirror[];

  before(async () => {
    server = await startTestRedis();
    redis = connectRedis(server.url, { role: "commands", log: silent });
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
  });
  beforeEach(async () => {
    await redis.flushall();
    dir = await mkdtemp(join(tmpdir(), "bg-recovery-"));
    ledger = new Ledger(redis, salt);
    mirrors = [];
  });
  afterEach(async () => {
    for (const mirror of mirrors) await mirror.close();
    await rm(dir, { recursive: true, force: true });
  });

  /** A worker's part in this, with a mirror of its own and less patience. */
  async function worker(name = "one", paused: () => Promise<void> = () => Promise.resolve()) {
    const mirror = await Mirror.open(join(dir, name), ledger);
    mirrors.push(mirror);
    const pause = async (ms: number): Promise<void> => {
      await paused();
      await setTimeout(ms / 6);
    };
    const recovery = new Recovery({ redis, ledger, mirror, now: () => T0 + MINUTE, token: salt, pause, log: silent });
    return { mirror, makeWhole: () => recovery.makeWhole() };
  }
  const open = (id: string, into = ledger) =>
    into.record({ id, state: undefined, events: new Scene().when(ask()), at: T0 });
  const go = async (id: string, event: NewEvent, into = ledger) =>
    into.record({ id, state: (await into.load(id))?.state, events: [event], at: T0 + 1_000 });
  const chain = () => ledger.range(1, 1_000);
  const types = async () => (await chain()).map((line) => parseEntry(line).type);

  /** Everything that Redis holds of the ledger, but for what says that it is whole. */
  async function contents(): Promise<Map<string, Buffer>> {
    const keys = (await redis.keys("*")).sort().filter((key) => key !== KEYS.whole && key !== KEYS.recovered);
    return new Map(await Promise.all(keys.map(async (key) => [key, await redis.dumpBuffer(key)] as const)));
  }
  async function restore(found: ReadonlyMap<string, Buffer>): Promise<void> {
    const whole = await redis.get(KEYS.whole);
    await redis.flushall();
    for (const [key, dump] of found) await redis.restore(key, "0", dump);
    if (whole !== null) await redis.set(KEYS.whole, whole);
  }
  const untold = () => redis.zrange(KEYS.untold, "0", "-1");

  async function someRequests(): Promise<void> {
    for (const id of ["BG-00000A", "BG-00000B", "BG-00000C"]) await open(id);
    await go("BG-00000B", approval);
    await go("BG-00000C", withdrawal);
  }

  it("takes nothing before a worker held it against its mirror, and a new one at once after that", async () => {
    await assert.rejects(open("BG-00000A"), has("LEDGER_UNAVAILABLE"));
    assert.deepEqual(await redis.keys("*"), []);
    const { makeWhole } = await worker("one", () => assert.fail("a new ledger waits for nobody"));
    assert.equal(await makeWhole(), undefined);
    await open("BG-00000A");
    assert.deepEqual(await types(), ["RequestOpened"]);
  });

  it("takes nothing when it was emptied, from no process; then all of it is there again, with an entry that says so", async () => {
    const { mirror, makeWhole } = await worker();
    await makeWhole();
    await someRequests();
    await mirror.catchUp();
    const [lines, before] = [await chain(), await contents()];
    await redis.flushall();

    await assert.rejects(open("BG-00000D"), has("LEDGER_UNAVAILABLE"), "a process that saw more");
    await assert.rejects(open("BG-00000D", new Ledger(redis, salt)), has("LEDGER_UNAVAILABLE"), "one that starts now");
    await assert.rejects(mirror.has(2), has("LEDGER_UNAVAILABLE"), "no side effect either");
    assert.deepEqual(await redis.keys("*"), []);

    assert.deepEqual(await makeWhole(), { from: 1, to: 5, cause: "emptied" });
    const now = await chain();
    assert.deepEqual(now.slice(0, 5), lines);
    assert.deepEqual((await types()).slice(5), ["LedgerRecovered"]);
    assert.equal((await verify(now)).broken, undefined);
    assert.deepEqual(await untold(), ["BG-00000A", "BG-00000B", "BG-00000C", PROGRAM]);
    assert.equal(Number(await redis.get(KEYS.recovered)), 6);
    assert.equal(mirror.head.seq, 6);
    // But for that entry, everything is as it was: indexes, requests, people.
    const found = await contents();
    for (const [key, dump] of before) {
      if (key === KEYS.chain || key === KEYS.head || key === KEYS.untold) continue;
      assert.deepEqual(found.get(key), dump, key);
    }
    await go("BG-00000A", approval);
    assert.equal((await ledger.load("BG-00000A"))?.state.phase, "approved");
    assert.equal(await makeWhole(), undefined, "and that was all");
  });

  it("takes nothing when it was rolled back; the lost end is written again, deadlines and all", async () => {
    const { mirror, makeWhole } = await worker();
    await makeWhole();
    await open("BG-00000A");
    const early = await contents();
    await go("BG-00000A", approval);
    await open("BG-00000B");
    await mirror.catchUp();
    const [lines, due] = [await chain(), await redis.zrange(KEYS.due, "0", "-1", "WITHSCORES")];
    await restore(early);

    await assert.rejects(open("BG-00000C"), has("LEDGER_UNAVAILABLE"));
    assert.deepEqual(await makeWhole(), { from: 2, to: 3, cause: "shortened" });
    assert.deepEqual((await chain()).slice(0, 3), lines);
    assert.deepEqual(await redis.zrange(KEYS.due, "0", "-1", "WITHSCORES"), due);
    await open("BG-00000C");
    assert.equal((await verify(await chain())).head.seq, 5);
  });

  it("takes nothing after a start without its last entries, not even from who never saw them or starts just then", async () => {
    const { mirror, makeWhole } = await worker();
    await makeWhole();
    await open("BG-00000A");
    const early = await server.appendedBytes();
    await go("BG-00000A", approval);
    await open("BG-00000B");
    await mirror.catchUp();
    const lines = await chain();
    await server.kill();
    await server.restart({ cutBytes: (await server.appendedBytes()) - early });
    await until(async () => (await redis.ping().catch(() => "")) || undefined, "Redis");
    assert.ok((await redis.exists(KEYS.whole)) === 1 && (await ledger.head()).seq === 1, "what says that it is whole");

    for (const into of [new Ledger(redis, salt), ledger])
      await assert.rejects(open("BG-00000C", into), has("LEDGER_UNAVAILABLE"));
    assert.deepEqual(await makeWhole(), { from: 2, to: 3, cause: "shortened" });
    assert.deepEqual((await chain()).slice(0, 3), lines);
    await open("BG-00000C");
  });

  it("P4: a grant that came back after its request's end is to be ended still, by the mirror and by what is due", async () => {
    const { mirror, makeWhole } = await worker();
    await makeWhole();
    const id = "BG-00000A";
    await open(id);
    const [deadline, handle] = [T0 + 15 * MINUTE, { request: id, name: "bg_00000a" }];
    await go(id, approval);
    await go(id, { type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline } });
    await go(id, { type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + 1_000 } });
    await go(id, { type: "RevokeSucceeded", actor: CLOCK, data: { lateMs: 0, attempt: 1, done: [] } });
    await mirror.catchUp();
    assert.equal(mirror.withAccess.length, 0);
    await go(id, { type: "GrantSucceeded", actor: CLOCK, data: { attempt: 1, deadline, handle, credential: true } });
    await mirror.catchUp();
    assert.deepEqual(
      mirror.withAccess.map((state) => [state.id, state.ending?.cause]),
      [[id, "late"]],
    );
    const due = await ledger.due(-Infinity, T0 + MINUTE, 10);
    await redis.flushall();
    await makeWhole();
    assert.deepEqual([due, await ledger.due(-Infinity, T0 + MINUTE, 10)], [[id], [id]]);
  });

  it("is refilled from all mirrors, whichever has most, and told of once", async () => {
    const [one, two] = [await worker("one"), await worker("two")];
    await one.makeWhole();
    await someRequests();
    await one.mirror.catchUp();
    await open("BG-00000D");
    await two.mirror.catchUp();
    const lines = await chain();
    await redis.flushall();
    const found = await Promise.all([one.makeWhole(), two.makeWhole()]);
    assert.equal(found.filter((each) => each !== undefined).length, 1);
    assert.deepEqual((await chain()).slice(0, -1), lines);
    assert.deepEqual((await types()).slice(lines.length), ["LedgerRecovered"]);
    await one.mirror.catchUp();
    await two.mirror.catchUp();
    assert.deepEqual(one.mirror.head, two.mirror.head);
  });

  it("waits again while another worker still writes", async () => {
    const one = await worker("one", async () => {
      if (one.mirror.head.seq < 6) await twoWrites();
    });
    const two = await worker("two");
    await one.makeWhole();
    await someRequests();
    await one.mirror.catchUp();
    await open("BG-00000D");
    await two.mirror.catchUp();
    const lines = await chain();
    let others: Promise<unknown> | undefined;
    const twoWrites = async (): Promise<void> => {
      others = two.makeWhole();
      await setTimeout(20);
    };
    await redis.flushall();
    await one.makeWhole();
    await others;
    assert.deepEqual((await chain()).slice(0, -1), lines);
  });

  it("is made whole by the next worker when the first died on the way", async () => {
    const { mirror, makeWhole } = await worker();
    await makeWhole();
    await someRequests();
    await mirror.catchUp();
    const before = await contents();
    await redis.del(KEYS.whole, KEYS.due, KEYS.untold);
    await assert.rejects(open("BG-00000D"), has("LEDGER_UNAVAILABLE"));
    assert.equal(await makeWhole(), undefined, "nothing was lost");
    assert.deepEqual(await contents(), before);
    await open("BG-00000D");
  });

  it("tells of what was lost also when the worker that ends it came after another had written it again", async () => {
    const dying = await worker("one", () => Promise.reject(new Error("it dies")));
    const { makeWhole } = await worker("two");
    await makeWhole();
    await someRequests();
    await dying.mirror.catchUp();
    await redis.flushall();
    await assert.rejects(dying.makeWhole(), /it dies/);
    assert.equal((await chain()).length, 5);
    assert.deepEqual(await makeWhole(), { from: 1, to: 5, cause: "emptied" });
    assert.deepEqual([Number(await redis.get(KEYS.recovered)), await redis.exists(KEYS.lost)], [6, 0]);
  });

  it("is a fork when it went on from where it was rolled back to: neither is changed but for the entry that says so", async () => {
    const { mirror, makeWhole } = await worker();
    await makeWhole();
    await open("BG-00000A");
    const early = await contents();
    await go("BG-00000A", approval);
    await mirror.catchUp();
    await restore(early);
    await go("BG-00000A", withdrawal, new Ledger(redis, salt));
    const lines = await chain();
    await assert.rejects(makeWhole(), has("LEDGER_FORK"));
    await assert.rejects(makeWhole(), has("LEDGER_FORK"));
    await assert.rejects(mirror.has(2), has("LEDGER_FORK"));
    assert.deepEqual((await chain()).slice(0, -1), lines);
    assert.equal((await types()).at(-1), "LedgerForked", "recorded once, where people can read it");
    assert.ok((await untold()).includes(PROGRAM));
    assert.equal(mirror.head.seq, 2);
  });

  it("is told of as forked also by the process whose own entries Redis lost while it ran, and takes what that ends", async () => {
    const { mirror, makeWhole } = await worker();
    await makeWhole();
    await open("BG-00000A");
    await open("BG-00000B");
    const early = await contents();
    await go("BG-00000A", approval);
    await go("BG-00000B", approval);
    await mirror.catchUp();
    await restore(early);
    await go("BG-00000A", withdrawal, new Ledger(redis, salt));
    await assert.rejects(go("BG-00000B", withdrawal), has("LEDGER_UNAVAILABLE"), "not before a worker has looked");
    await assert.rejects(makeWhole(), has("LEDGER_FORK"));
    assert.equal((await types()).at(-1), "LedgerForked");
    assert.equal(await ledger.forkedAt(), 3, "every worker knows");
    assert.ok((await redis.pttl(KEYS.forked)) > 50_000, "for as long as somebody sees it");
    await go("BG-00000B", withdrawal);
    assert.equal((await types()).at(-1), "RequestWithdrawn");
  });
});
