import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { endWithCopies } from "../../src/redis/end-with-copies.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";

let server: TestRedis;

before(async () => {
  server = await startTestRedis();
});

after(async () => {
  await server.stop();
});

async function clients(): Promise<string[]> {
  const redis = new Redis(server.url);
  const list = String(await redis.client("LIST"));
  redis.disconnect();
  return list.trim().split("\n");
}

it("ends copies with the connection, those that are being made too, and nobody connects them anew", async () => {
  const connection = connectRedis(server.url, { role: "blocking", log: silent });
  assert.ok(connection instanceof Redis);
  const end = endWithCopies(connection);
  const stands = connection.duplicate();
  await Promise.all([once(connection, "ready"), once(stands, "ready")]);
  // As BullMQ does with one on which nothing came.
  stands.disconnect();
  await once(stands, "end");
  const connecting = [stands.connect(), stands.duplicate().connect()];
  end();
  for (const each of connecting) await assert.rejects(each);
  await assert.rejects(stands.connect());
  const late = stands.duplicate();

  // Longer than the first pauses between two attempts to connect.
  await setTimeout(500);
  assert.equal((await clients()).length, 1);
  assert.equal(late.status, "end");
});
