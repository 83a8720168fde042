import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { connect } from "node:net";
import { Redis } from "ioredis";
import { checkRedisSafety, judgeRedis } from "../../src/redis/safety.ts";
import { startTestRedis } from "../support/redis.ts";
import type { TestRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

describe("checkRedisSafety", () => {
  let server: TestRedis;
  let redis: Redis;

  before(async () => {
    server = await startTestRedis();
    redis = new Redis(server.url);
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
  });

  /** Looks while one setting differs, and puts it back. */
  async function checkWith(name: string, value: string, usual: string) {
    await redis.config("SET", name, value);
    const safety = await checkRedisSafety(redis);
    await redis.config("SET", name, usual);
    return safety;
  }

  it("finds nothing to say about a Redis of our own", async () => {
    assert.deepEqual(await checkRedisSafety(redis), { problems: [], warnings: [], unchecked: [] });
  });

  it("refuses a Redis without an append-only file", async () => {
    const { problems } = await checkWith("appendonly", "no", "yes");
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", /Set `appendonly yes`/);
  });

  it("refuses a Redis that evicts", async () => {
    const { problems } = await checkWith("maxmemory-policy", "allkeys-lru", "noeviction");
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? "", /allkeys-lru.*Set `maxmemory-policy noeviction`/);
  });

  it("warns when writes reach the disk late", async () => {
    const { problems, warnings } = await checkWith("appendfsync", "everysec", "always");
    assert.deepEqual(problems, []);
    assert.match(warnings.join(), /appendfsync everysec.*Set `appendfsync always`/);
  });

  it("warns when two replicas follow, and it would take entries without either", async () => {
    const { hostname, port, password } = new URL(server.url);
    const followers = [1, 2].map(() => {
      const follower = connect(Number(port), hostname);
      follower.on("error", () => undefined).resume();
      follower.once("data", () => follower.write("PSYNC ? -1\r\n"));
      follower.write(`AUTH ${password}\r\n`);
      return follower;
    });
    const { problems, warnings } = await until(async () => {
      const safety = await checkRedisSafety(redis);
      return safety.warnings.length > 0 ? safety : undefined;
    }, "the warning");
    assert.deepEqual(problems, []);
    assert.match(warnings.join(), /cut off from its 2 replicas.*Set `min-replicas-to-write 1`/);
    assert.deepEqual((await checkWith("min-replicas-to-write", "1", "0")).warnings, []);
    for (const follower of followers) follower.destroy();
  });

  it("learns from INFO what it can where CONFIG is closed, and names the rest", async () => {
    await redis.acl("SETUSER", "guest", "on", ">guest", "~*", "&*", "+@all", "-config");
    const guest = new Redis(server.url.replace(/:[^:@]*@/, "guest:guest@"));
    const kept = await checkRedisSafety(guest);
    const evicting = await checkWithGuest(guest);
    guest.disconnect();
    assert.deepEqual({ ...kept, unchecked: [] }, { problems: [], warnings: [], unchecked: [] });
    assert.match(kept.unchecked.join("\n"), /^Redis does not tell when it writes to disk[^\n]*$/);
    assert.match(evicting.problems.join("\n"), /appendonly yes[^]*noeviction/);
  });

  async function checkWithGuest(guest: Redis) {
    await redis.config("SET", "appendonly", "no", "maxmemory-policy", "volatile-ttl");
    const safety = await checkRedisSafety(guest);
    await redis.config("SET", "appendonly", "yes", "maxmemory-policy", "noeviction");
    return safety;
  }

  it("takes nothing for granted where INFO is closed as well", async () => {
    await redis.acl("SETUSER", "stranger", "on", ">stranger", "~*", "&*", "+@all", "-config", "-info");
    const stranger = new Redis(server.url.replace(/:[^:@]*@/, "stranger:stranger@"), { enableReadyCheck: false });
    const safety = await checkRedisSafety(stranger);
    stranger.disconnect();
    assert.deepEqual([safety.problems, safety.warnings, safety.unchecked.length], [[], [], 4]);
  });

  it("does not take a lost connection for a closed CONFIG", async () => {
    const lost = new Redis(server.url, { maxRetriesPerRequest: 0 });
    await lost.ping();
    lost.disconnect();
    await assert.rejects(checkRedisSafety(lost), /Connection is closed/);
  });
});

describe("judgeRedis", () => {
  const good = { appendonly: "yes", maxmemoryPolicy: "noeviction", appendfsync: "always" };

  it("draws the line at 6.2", () => {
    const refused = ["5.0.14", "6.0.16", "6.1.9"].map((version) => judgeRedis({ ...good, version }).problems.length);
    const taken = ["6.2.0", "7.0.15", "8.10.1", "10.0.0"].map((version) => judgeRedis({ ...good, version }).problems);
    assert.deepEqual(refused, [1, 1, 1]);
    assert.deepEqual(taken, [[], [], [], []]);
  });
});
