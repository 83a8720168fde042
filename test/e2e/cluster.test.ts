import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { checkRedis } from "../../src/cli/doctor/check-redis.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { requireRedis } from "../../src/redis/require-redis.ts";
import { startCluster, type RedisCluster } from "../support/cluster.ts";
import { endAnyway } from "../support/end-anyway.ts";
import { jobLine, type JobLine } from "../support/job-line.ts";
import { assertToldOnce } from "../support/told-once.ts";
import { until } from "../support/until.ts";
import { appendContract } from "../ledger/append-contract.ts";
import { Several } from "./several.ts";

describe("on a Redis Cluster", () => {
  let cluster: RedisCluster;
  let jobs: JobLine | undefined;
  before(async () => {
    cluster = await startCluster();
  });
  after(async () => {
    await jobs?.stop();
    await cluster.stop();
    endAnyway();
  });

  it("can be used, or is refused in words", async () => {
    await requireRedis(cluster.url, 2_000);
    const owner = await cluster.owner();
    const other = cluster.nodes.find((node) => node !== owner && node !== cluster.replica);
    assert.ok(other);
    for (const [url, why] of [
      [other.url, /it is one of a Cluster/],
      [cluster.url.replace(/:\w+@/, ":wrong@"), /another user or password/],
      [cluster.url.replace(/@.*$/, "@127.0.0.1:1"), /nothing there takes a connection/],
    ] as const)
      await assert.rejects(requireRedis(url, 2_000), { code: "REDIS_UNREACHABLE", message: why });
  });

  it("is looked at by doctor where our keys are, and at the replica that may take over", async () => {
    const redis = connectRedis(cluster.url, { role: "commands", log: silent });
    await cluster.replica.ask((each) => each.config("SET", "maxmemory-policy", "allkeys-lru"));
    const { port } = await cluster.owner();
    // A replica may just be catching up again.
    const said = await until(async () => {
      const found = await checkRedis(redis, Date.now);
      const text = found.map(({ standing, text: line }) => `${standing} ${line}`).join("\n");
      return text.includes(`reached by Cluster at 127.0.0.1:${port}; 1 replica`) ? text : undefined;
    }, "doctor to see the replica");
    await cluster.replica.ask((each) => each.config("SET", "maxmemory-policy", "noeviction"));
    redis.disconnect();
    assert.match(said, new RegExp(`problem 127.0.0.1:${cluster.replica.port} \\(replica\\): .*allkeys-lru`));
  });

  appendContract("a Cluster", () => cluster.url);

  describe("a bot and two workers, each with its mirror", () => {
    let several: Several;
    before(async () => {
      jobs = jobLine(cluster.url);
      await jobs.carries("BG-00000A");
      const owner = await cluster.owner();
      await owner.ask((redis) => redis.flushall());
      several = await Several.open(cluster.url);
    });
    after(() => several.stop());

    it("a request goes its whole way, in one slot", async () => {
      await several.end(await several.open());
      await several.settled();
      const owner = await cluster.owner();
      for (const node of cluster.nodes.filter((each) => each !== owner && each !== cluster.replica))
        assert.deepEqual(await node.ask((redis) => redis.keys("*")), []);
    });

    it("P5: it is emptied: all of it is written again, and access that is on keeps its deadline", async () => {
      const id = await several.open();
      const before = await several.settled();
      const owner = await cluster.owner();
      await owner.ask((redis) => redis.flushall());
      await several.assertHealed(before);
      await several.end(id);
      await several.settled();
      assertToldOnce(several.stage);
    });

    it("P2, P8: its server dies just before access ends: it ends at its deadline, and on the replica the thread is whole", async () => {
      const id = await several.open();
      const before = await several.settled();
      await several.end(id, () => cluster.failOver());
      await until(async () => ((await several.settled()).length > before.length ? true : undefined), "what came after");
      assertToldOnce(several.stage);
    });

    it("our slot moves to another server while access is on: it goes on there", async () => {
      const id = await several.open();
      const before = await several.settled();
      await cluster.moveSlot();
      await several.end(id);
      await until(async () => ((await several.settled()).length > before.length ? true : undefined), "what came after");
      assertToldOnce(several.stage);
    });
    it("jobs reach a worker that was there before the move", async () => {
      await jobs?.carries("BG-00000B");
    });
  });
});
