import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import { CodedError } from "../../src/errors.ts";
import { freePort } from "../../src/redis/free-port.ts";
import { requireRedis } from "../../src/redis/require-redis.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";

const LIMIT_MS = 2_000;

describe("a Redis that is to be used", () => {
  let server: TestRedis;
  before(async () => {
    server = await startTestRedis();
  });
  after(() => server.stop());

  async function refused(url: string): Promise<CodedError> {
    const error = await requireRedis(url, LIMIT_MS).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    assert.ok(error instanceof CodedError, String(error));
    assert.equal(error.code, "REDIS_UNREACHABLE");
    assert.doesNotMatch(`${error.message} ${error.next}`, /tell-nobody/);
    return error;
  }

  it("can be, when it answers", async () => {
    await requireRedis(server.url, LIMIT_MS);
  });

  it("can't be where nothing listens, and the message has the address and not the password", async () => {
    const port = await freePort();
    const { message } = await refused(`redis://:tell-nobody@127.0.0.1:${port}`);
    assert.equal(message, `Redis at 127.0.0.1:${port} can't be used: nothing listens there.`);
  });

  it("can't be with another password, and not over TLS where it has none", async () => {
    const redis = new Redis(server.url);
    await redis.config("SET", "requirepass", "right");
    const { host } = new URL(server.url);
    try {
      assert.match((await refused(`redis://:tell-nobody@${host}`)).message, /another user or password/);
      assert.match((await refused(`redis://${host}`)).message, /another user or password/);
      assert.match((await refused(`rediss://${host}`)).message, /does not speak TLS|does not answer/);
    } finally {
      await redis.config("SET", "requirepass", "");
      redis.disconnect();
    }
  });
});
