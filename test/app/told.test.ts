import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Told } from "../../src/app/told.ts";
import { HASH_TAG, type Connection } from "../../src/connection.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";

describe("P8: one process at a time speaks of a request", () => {
  let server: TestRedis;
  let redis: Connection;
  before(async () => {
    server = await startTestRedis();
    redis = connectRedis(server.url, { role: "commands", log: silent });
  });
  after(async () => {
    redis.disconnect();
    await server.stop();
  });

  it("and the others come when it has ended", async () => {
    const [one, other] = [new Told(redis, "slack"), new Told(redis, "slack")];
    await one.exclusively("BG-00000A", "one", async () => {
      assert.ok(one.maySpeakOf("BG-00000A"));
      assert.equal(await other.exclusively("BG-00000A", "other", () => Promise.resolve()), false);
    });
    assert.ok(!one.maySpeakOf("BG-00000A"));
    assert.ok(await other.exclusively("BG-00000A", "other", () => Promise.resolve()));
  });

  it("and stops when Redis has forgotten that it does", async () => {
    const told = new Told(redis, "slack");
    await told.exclusively("BG-00000B", "one", async () => {
      await redis.del(`${HASH_TAG}:telling:BG-00000B`);
      await until(() => (told.maySpeakOf("BG-00000B") ? undefined : true), "it to notice");
    });
  });
});
