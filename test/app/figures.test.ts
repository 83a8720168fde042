import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import { Figures } from "../../src/app/figures.ts";
import { Follower } from "../../src/app/follower.ts";
import { FollowerPlaces } from "../../src/app/follower-places.ts";
import { LedgerSteps } from "../../src/app/ledger-steps.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { isOver, mayHaveAccess, type RequestState } from "../../src/domain/request.ts";
import { EMPTY } from "../../src/ledger/entry.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { exposition } from "../../src/web/exposition.ts";
import { figureSeries } from "../../src/web/figure-series.ts";
import { T0 } from "../domain/given.ts";
import { LIVES } from "../domain/lives.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { vouch } from "../support/vouch.ts";

describe("the figures of the ledger", () => {
  let server: TestRedis;
  let redis: Redis;
  let ledger: Ledger;
  const states: RequestState[] = [];
  const events: NewEvent[] = [];

  before(async () => {
    server = await startTestRedis();
    redis = new Redis(server.url);
    await vouch(redis);
    ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
  });

  /** Each happens in turn: so a page holds pieces of many requests. */
  async function live(lives: typeof LIVES | Partial<typeof LIVES>, suffix: string): Promise<void> {
    const going = Object.values(lives).map((life, nth) => ({
      id: `BG-${suffix}${String(nth).padStart(5, "0")}`,
      life: [...life],
      state: undefined as RequestState | undefined,
    }));
    while (going.some(({ life }) => life.length > 0))
      for (const each of going) {
        const happened = each.life.shift();
        if (happened === undefined) continue;
        const decided = { id: each.id, state: each.state, events: [happened.event], at: T0 + happened.after };
        each.state = (await ledger.record(decided)).state;
        events.push(happened.event);
      }
    states.push(...going.flatMap(({ state }) => (state === undefined ? [] : [state])));
  }

  function follower(figures = new Figures(redis)): Follower {
    return new Follower({
      name: "figures",
      page: 7,
      steps: new LedgerSteps(ledger),
      places: new FollowerPlaces(redis, () => randomBytes(8).toString("hex")),
      own: { read: () => figures.place(), reset: () => figures.reset() },
      head: () => ledger.head(),
      take: (steps) => figures.count(steps),
      turn: () => Promise.resolve(),
      now: Date.now,
      log: silent,
    });
  }

  async function told(): Promise<Record<string, number>> {
    const text = exposition(figureSeries((await new Figures(redis).read(T0)).figures));
    const samples = [...text.matchAll(/^([^#\s]\S*) (\S+)$/gm)].map(([, name = "", value]) => [name, Number(value)]);
    return Object.fromEntries(samples) as Record<string, number>;
  }

  const happened = (type: NewEvent["type"]) => events.filter((event) => event.type === type).length;
  const sumOf = (all: Record<string, number>, start: string) =>
    Object.entries(all).reduce((sum, [name, value]) => (name.startsWith(start) ? sum + value : sum), 0);

  async function hold(): Promise<void> {
    const all = await told();
    const asked = states.filter(({ drill }) => drill === undefined);
    assert.equal(sumOf(all, "breakglass_requests_total"), asked.length);
    assert.equal(sumOf(all, 'breakglass_grants_total{target="orders-db",outcome="given"}'), happened("GrantSucceeded"));
    assert.equal(sumOf(all, "breakglass_revoke_lateness_seconds_count"), happened("RevokeSucceeded"));
    assert.equal(all['breakglass_target_failures_total{target="orders-db",kind="revoke"}'], happened("RevokeFailed"));
    const failed = Object.entries(all).filter(([name]) => /step_ups_total.*failed/.test(name));
    assert.equal(
      failed.reduce((sum, [, value]) => sum + value, 0),
      happened("StepUpFailed"),
    );
    assert.equal(sumOf(all, "breakglass_active_grants"), states.filter(mayHaveAccess).length);
    for (const phase of ["waiting", "approved", "granting", "active", "ending"])
      assert.equal(
        all[`breakglass_open_requests{phase="${phase}"}`] ?? 0,
        states.filter((state) => state.phase === phase && !isOver(state)).length,
        phase,
      );
    assert.equal(
      sumOf(all, "breakglass_approval_seconds_count"),
      asked.filter(({ approvedAt, verdict }) => approvedAt !== undefined && verdict.automatic === undefined).length,
    );
    const overdueAt = async (now: number) => (await new Figures(redis).read(now)).overdue;
    assert.equal(await overdueAt(T0), 0);
    assert.equal(await overdueAt(T0 + 86_400_000), states.filter(mayHaveAccess).length);
  }

  it("are those of every request, whoever counts them, and however often a worker begins anew", async () => {
    await live(LIVES, "A");
    await Promise.all([follower().look(), follower().look()]);
    await hold();
    // Another worker knows no request yet, and takes up in the middle of some.
    await live(LIVES, "B");
    await follower().look();
    await hold();
    assert.ok(happened("StepUpFailed") > 0 && happened("RevokeFailed") > 0);
  });

  it("count nothing twice that two workers have read", async () => {
    await live({ denied: LIVES.denied }, "C");
    const figures = new Figures(redis);
    const found = await new LedgerSteps(ledger).after(await figures.place(), 100);
    assert.ok(found !== undefined && found.length > 0);
    await figures.count(found);
    await figures.count(found);
    await hold();
  });

  it("see each request as it was, also when a page comes again, or another worker took one in between", async () => {
    const all = await new LedgerSteps(ledger).after(EMPTY, 10_000);
    assert.ok(all !== undefined && all.length > 100);
    const [mine, theirs] = [new LedgerSteps(ledger), new LedgerSteps(ledger)];
    let place = EMPTY;
    for (let from = 0; from < all.length; from += 9) {
      const readers = from % 2 === 0 ? [mine, mine] : [theirs, theirs];
      for (const reader of readers) assert.deepEqual(await reader.after(place, 9), all.slice(from, from + 9));
      place = all[from + 8]?.entry ?? place;
    }
  });

  it("begin again where the ledger is another one", async () => {
    await redis.hset("{breakglass}:figures", "counted", `3 ${"f".repeat(64)}`);
    await follower().look();
    await hold();
  });

  it("are not complete while they are counted anew, nor for a ledger that was filled again", async () => {
    const isComplete = async () => (await new Figures(redis).read(T0)).complete;
    assert.equal(await isComplete(), true);
    await live({ denied: LIVES.denied }, "D");
    assert.equal(await isComplete(), true, "a little behind");
    const { seq } = await ledger.head();
    await redis.set("{breakglass}:recovered", seq + 1);
    assert.equal(await isComplete(), false, "behind, and Redis had lost some");
    await follower().look();
    assert.equal(await isComplete(), true);
    const figures = new Figures(redis);
    await figures.reset();
    await redis.del("{breakglass}:recovered");
    await figures.count((await new LedgerSteps(ledger).after(EMPTY, 50)) ?? []);
    assert.equal(await isComplete(), false, "a part of them");
    const whole = await redis.getdel("{breakglass}:whole");
    await follower().look();
    assert.equal(await isComplete(), false, "nobody vouches for the ledger");
    await redis.set("{breakglass}:whole", whole ?? "");
    assert.equal(await isComplete(), true);
  });

  it("hold no name of a person, no request and no text", async () => {
    const text = exposition(figureSeries((await new Figures(redis).read(T0)).figures));
    assert.doesNotMatch(text, /alice|bob|carol|BG-|INC-42/);
    assert.equal((await new LedgerSteps(ledger).after(EMPTY, 1))?.[0]?.entry.seq, 1);
  });
});
