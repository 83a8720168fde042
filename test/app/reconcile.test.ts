import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import type { Connection } from "../../src/connection.ts";
import { Reconcile } from "../../src/app/reconcile.ts";
import { Targets } from "../../src/app/targets.ts";
import { Turns } from "../../src/app/turns.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { KEYS, PROGRAM } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { Mirror } from "../../src/ledger/mirror.ts";
import { silent } from "../../src/log.ts";
import type { Handle } from "../../src/providers/provider.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { ask, MINUTE, policyWith, Scene, T0 } from "../support/scene.ts";
import { ScriptedProvider, unreachable } from "../support/scripted-provider.ts";
import { vouch } from "../support/vouch.ts";

const POLICY = policyWith("automatic");
const ORPHAN: Handle = { request: "BG-0RPHAN", name: "bg_0rphan" };

describe("what stands at the targets is held against the ledger", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let dir: string;
  let ledger: Ledger;
  let mirror: Mirror;
  let target: ScriptedProvider;
  let now: number;
  /** What happens between the first look and the second. */
  let between: () => Promise<void>;
  let reconcile: Reconcile;
  let pauses: number;
  let announced: string[];

  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    dir = await mkdtemp(join(tmpdir(), "bg-reconcile-"));
    ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    mirror = await Mirror.open(join(dir, "ledger.jsonl"), ledger);
    target = new ScriptedProvider();
    now = T0;
    between = () => Promise.resolve();
    pauses = 0;
    announced = [];
    reconcile = worker();
  });
  afterEach(async () => {
    await mirror.close();
    await rm(dir, { recursive: true });
  });

  const worker = () =>
    new Reconcile({
      ledger,
      mirror,
      targets: new Targets(
        () => POLICY,
        () => target.kind,
      ),
      turns: new Turns(8),
      claim: async (name) => (await redis.set(`test:${name}:${Math.floor(now / MINUTE)}`, "1", "NX")) === "OK",
      pause: async () => {
        pauses += 1;
        await between();
      },
      now: () => now,
      announce: (id) => announced.push(id),
      log: silent,
    });

  async function aMinute(): Promise<void> {
    now += MINUTE;
    reconcile.begin();
    await reconcile.stop();
    reconcile = worker();
  }

  const own = async () =>
    (await ledger.entriesOf(PROGRAM)).map(({ type, data }) => [type, (data["handle"] as { name: string }).name]);
  const types = async (id: string) => (await ledger.load(id))?.events.map(({ type }) => type) ?? [];
  const calls = (what: string) => target.calls.filter((call) => call.startsWith(what));

  /** Access that is on, in the ledger and at the target. */
  async function granted(id: string): Promise<Handle> {
    const scene = new Scene("automatic");
    const opened = await ledger.record({ id, state: undefined, events: scene.when(ask()), at: now });
    const deadline = opened.state.deadline ?? 0;
    const started: NewEvent = { type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline } };
    const { state } = await ledger.record({ id, state: opened.state, events: [started], at: now });
    const { handle } = await target.grant({ request: id, person: "alice", role: {}, deadline });
    const given: NewEvent = {
      type: "GrantSucceeded",
      actor: CLOCK,
      data: { attempt: 1, deadline, handle, credential: false },
    };
    await ledger.record({ id, state, events: [given], at: now });
    return handle;
  }

  it("leaves alone what a live grant explains, and what carries no request's mark", async () => {
    await granted("BG-000001");
    for (const name of ["bg_readers", "bg-tools", "oid:16403", "postgres"])
      target.access.set(name, { name, ref: "16403" });
    await aMinute();
    assert.deepEqual([calls("revoke"), await own(), pauses], [[], [], 0]);
    assert.equal(target.access.size, 5);
  });

  it("ends access of ours that no live grant explains, and tells: a request that ended, or that nobody knows", async () => {
    target.access.set("BG-0RPHAN", ORPHAN);
    target.access.set("unnamed", { name: "bg_n0b0dy" });
    await granted("BG-000001");
    await aMinute();
    assert.deepEqual([...target.access.keys()], ["BG-000001"]);
    assert.deepEqual(await own(), [
      ["OrphanFound", "bg_0rphan"],
      ["OrphanRevoked", "bg_0rphan"],
      ["OrphanFound", "bg_n0b0dy"],
      ["OrphanRevoked", "bg_n0b0dy"],
    ]);
    assert.ok(announced.includes(PROGRAM));
    await aMinute();
    assert.equal((await own()).length, 4);
  });

  it("judges by two looks: what was given or ended between them is no orphan", async () => {
    target.access.set("BG-0RPHAN", ORPHAN);
    between = () => {
      target.access.delete("BG-0RPHAN");
      target.access.set("other", { name: "bg_0ther1" });
      return Promise.resolve();
    };
    await aMinute();
    assert.equal(pauses, 1);
    assert.deepEqual([calls("revoke"), await own()], [[], []]);
    between = () => Promise.resolve();
    await aMinute();
    assert.deepEqual(calls("revoke"), ["revoke bg_0ther1"]);
  });

  it("tries again each minute what can't be ended, tells the way by hand once, and that it is gone", async () => {
    target.access.set("BG-0RPHAN", ORPHAN);
    target.beforeRevoke = unreachable;
    await aMinute();
    await aMinute();
    target.beforeRevoke = () => Promise.resolve();
    target.lies = true;
    await aMinute();
    assert.equal(calls("revoke").length, 3);
    target.lies = false;
    await aMinute();
    assert.deepEqual(
      (await own()).map(([type]) => type),
      ["OrphanFound", "OrphanRevokeFailed", "OrphanRevoked"],
    );
    const [, failed] = await ledger.entriesOf(PROGRAM);
    assert.deepEqual(failed?.data["commands"], ["drop bg_0rphan"]);
    target.access.set("BG-0RPHAN", ORPHAN);
    await aMinute();
    assert.equal((await own()).length, 5, "one that comes back is news");
  });

  it("tells in the thread of a live grant that the target no longer has, once, and leaves its end to the deadline", async () => {
    await granted("BG-000001");
    target.access.clear();
    await aMinute();
    await aMinute();
    assert.deepEqual((await types("BG-000001")).slice(3), ["DriftFound"]);
    assert.deepEqual(calls("revoke"), []);
    assert.deepEqual(announced, ["BG-000001"]);
  });

  it("does nothing by a ledger that lost entries: not known to be whole, or shorter than the mirror", async () => {
    await granted("BG-000001");
    await mirror.catchUp();
    await redis.flushall();
    await aMinute();
    await vouch(redis);
    await aMinute();
    assert.deepEqual([calls("revoke"), [...target.access.keys()]], [[], ["BG-000001"]]);
  });

  it("nor by one that is another than some worker's mirror: what only that one explains keeps its deadline", async () => {
    target.access.set("BG-0RPHAN", ORPHAN);
    await redis.set(KEYS.forked, 3);
    await aMinute();
    assert.deepEqual([calls("revoke"), await own()], [[], []]);
    await redis.del(KEYS.forked);
    await aMinute();
    assert.deepEqual(calls("revoke"), ["revoke BG-0RPHAN"]);
  });

  it("is done by one worker a minute, however often it is begun", async () => {
    target.access.set("BG-0RPHAN", ORPHAN);
    now += MINUTE;
    const [one, other] = [worker(), worker()];
    one.begin();
    other.begin();
    one.begin();
    await Promise.all([one.stop(), other.stop()]);
    assert.equal(pauses, 1);
    assert.deepEqual(calls("revoke"), ["revoke BG-0RPHAN"]);
  });
});
