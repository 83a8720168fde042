import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { UseStore } from "../../src/app/use-store.ts";
import { Uses } from "../../src/app/uses.ts";
import type { Connection } from "../../src/connection.ts";
import type { Use } from "../../src/domain/insights/use.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { T0, type Happened } from "../domain/given.ts";
import { TO_ITS_DEADLINE, WITH_EVERY_TROUBLE } from "../domain/lives.ts";
import { use } from "../domain/insights/use-of.ts";
import { connectedRedis } from "../support/connected-redis.ts";
import { vouch } from "../support/vouch.ts";

describe("what insights need of each request", () => {
  let stop: () => Promise<void>;
  let redis: Connection;
  let ledger: Ledger;
  /** How many entries were read of the chain. */
  let read = 0;

  before(async () => {
    ({ redis, stop } = await connectedRedis());
  });
  after(() => stop());
  beforeEach(async () => {
    await redis.flushall();
    await vouch(redis);
    ledger = new Ledger(redis, () => "s".repeat(22));
    read = 0;
  });

  /** As a process has it that has just started. */
  const fresh = (afterRead = () => Promise.resolve()) => {
    const counting = new Ledger(redis, () => "");
    const range = counting.range.bind(counting);
    counting.range = async (from, limit) => {
      const lines = await range(from, limit);
      if (limit > 1) read += lines.length;
      if (limit > 1) await afterRead();
      return lines;
    };
    return new Uses(counting, new UseStore(redis), () => Promise.resolve());
  };
  const all = async (uses = fresh()): Promise<Use[]> => {
    const found: Use[] = [];
    for await (const some of uses.between(T0 - 86_400_000, T0 + 86_400_000)) found.push(...some);
    return found.sort((one, other) => (one.id < other.id ? -1 : 1));
  };
  const play = async (id: string, happened: readonly Happened[]) => {
    for (const { event, after: later } of happened) {
      const state = (await ledger.load(id))?.state;
      await ledger.record({ id, state, events: [event], at: T0 + later });
    }
  };
  const ends = async () => (await all()).map(({ id, end, way }) => [id, end, way]);

  it("is kept up to date by reading only what was recorded since", async () => {
    await play("BG-000001", TO_ITS_DEADLINE.slice(0, 2));
    assert.deepEqual(await ends(), [["BG-000001", "open", "approved"]]);
    await play("BG-000001", TO_ITS_DEADLINE.slice(2));
    await play("BG-000002", WITH_EVERY_TROUBLE);
    const before = read;
    assert.deepEqual(await ends(), [
      ["BG-000001", "ended", "approved"],
      ["BG-000002", "ended", "emergency"],
    ]);
    assert.equal(read - before, TO_ITS_DEADLINE.length - 2 + WITH_EVERY_TROUBLE.length);
    assert.deepEqual(await ends(), await ends());
    assert.equal(read - before, TO_ITS_DEADLINE.length - 2 + WITH_EVERY_TROUBLE.length, "and nothing is read twice");
  });

  it("is right also where another process looks at the same time, and comes further", async () => {
    await play("BG-000001", TO_ITS_DEADLINE.slice(0, 3));
    let isFirst = true;
    const slow = fresh(async () => {
      if (!isFirst) return;
      isFirst = false;
      // Between its read and its write the other one goes all the way.
      await play("BG-000001", TO_ITS_DEADLINE.slice(3));
      await all();
    });
    const store = new UseStore(redis);
    const before = await store.keptTo();
    const [only] = await all(slow);
    assert.deepEqual([only?.end, only?.lateMs], ["ended", 340]);
    // What was read before somebody else came further is not written over what they wrote.
    const open = use({ id: "BG-000001", openedAt: T0, end: "open" });
    assert.equal(await store.keep(before, { seq: 3, hash: "ab".repeat(32) }, [open]), undefined);
    assert.equal((await all())[0]?.end, "ended");
  });

  it("is made anew where it is of another ledger", async () => {
    await play("BG-000001", TO_ITS_DEADLINE);
    await all();
    const kept = (await redis.keys("*")).filter((key) => key.startsWith("{breakglass}:uses"));
    const others = (await redis.keys("*")).filter((key) => !kept.includes(key));
    await redis.del(...others);
    await vouch(redis);
    ledger = new Ledger(redis, () => "s".repeat(22));
    await play("BG-000002", WITH_EVERY_TROUBLE);
    assert.deepEqual(await ends(), [["BG-000002", "ended", "emergency"]]);
  });

  it("is made anew where an earlier version kept it in another form", async () => {
    await play("BG-000001", TO_ITS_DEADLINE);
    await redis.set("{breakglass}:uses", "0 12 something");
    await redis.sadd("{breakglass}:uses:days", "2026-11-23");
    await redis.hset("{breakglass}:uses:2026-11-23", "BG-000009", "{}");
    assert.deepEqual(await ends(), [["BG-000001", "ended", "approved"]]);
  });
});
