import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startCluster, type RedisCluster } from "../support/cluster.ts";
import { assertToldOnce } from "../support/told-once.ts";
import { until } from "../support/until.ts";
import { appendContract } from "../ledger/append-contract.ts";
import { Several } from "./several.ts";

describe("on a Redis Cluster", () => {
  let cluster: RedisCluster;
  before(async () => {
    cluster = await startCluster();
  });
  after(() => cluster.stop());

  appendContract("a Cluster", () => cluster.url);

  describe("a bot and two workers, each with its mirror", () => {
    let several: Several;
    before(async () => {
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

    it("our slot moves to another server while access is on: it goes on there", async () => {
      const id = await several.open();
      const before = await several.settled();
      await cluster.moveSlot();
      await several.end(id);
      await until(async () => ((await several.settled()).length > before.length ? true : undefined), "what came after");
      assertToldOnce(several.stage);
    });
  });
});
