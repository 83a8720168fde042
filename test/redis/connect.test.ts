import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { Queue, Worker } from "bullmq";
import type { Connection } from "../../src/connection.ts";
import { CodedError } from "../../src/errors.ts";
import { silent } from "../../src/log.ts";
import type { Log } from "../../src/log.ts";
import { COMMAND_TIMEOUT_MS, connectRedis } from "../../src/redis/connect.ts";
import type { RedisRole } from "../../src/redis/connect.ts";
import { freePort } from "../../src/redis/free-port.ts";
import { waitUntil } from "../../src/redis/wait-until.ts";
import { startTestRedis } from "../support/redis.ts";
import type { TestRedis } from "../support/redis.ts";

const soon = { limitMs: 10_000, everyMs: 5 };

/** Connections of the running test: one that is left open would try to connect for ever. */
const open: Connection[] = [];

function connect(url: string, options: { role: RedisRole; log: Log }): Connection {
  const redis = connectRedis(url, options);
  open.push(redis);
  return redis;
}

afterEach(() => {
  for (const redis of open.splice(0)) redis.disconnect();
});

/** How long a promise takes to fail, in milliseconds, and with what. */
async function failure(promise: Promise<unknown>): Promise<{ ms: number; message: string }> {
  const start = performance.now();
  const message = await promise.then(
    () => "it did not fail",
    (error: unknown) => String(error),
  );
  return { ms: performance.now() - start, message };
}

/** A log that remembers its lines. */
function listening(): { log: Log; lines: string[] } {
  const lines: string[] = [];
  const keep = (message: string, fields?: Record<string, unknown>): void => {
    lines.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { log: { ...silent, warn: keep, info: keep }, lines };
}

describe("connectRedis for commands", () => {
  let server: TestRedis;
  before(async () => {
    server = await startTestRedis();
  });
  after(() => server.stop());

  it("lets the first command wait for the connection", async () => {
    const redis = connect(server.url, { role: "commands", log: silent });
    assert.equal(await redis.ping(), "PONG");
  });

  it("waits for a Redis that comes up a moment later", async () => {
    await server.kill();
    const redis = connect(server.url, { role: "commands", log: silent });
    const reply = redis.ping();
    await waitUntil(() => redis.status === "reconnecting", soon);
    await server.restart();
    assert.equal(await reply, "PONG");
  });

  it("fails within the limit when there is no Redis, and stays fail-fast", async () => {
    const redis = connect(`redis://127.0.0.1:${await freePort()}`, { role: "commands", log: silent });
    const first = await failure(redis.ping());
    assert.match(first.message, /timed out/);
    assert.ok(first.ms < COMMAND_TIMEOUT_MS + 1_000, `took ${first.ms} ms`);
    const second = await failure(redis.ping());
    assert.match(second.message, /isn't writeable/);
    assert.ok(second.ms < 500, `took ${second.ms} ms`);
  });

  for (const [kind, at] of [
    ["no Sentinel", (port: number) => `redis+sentinel://127.0.0.1:${port}/main`],
    ["nobody of a Cluster", (port: number) => `redis+cluster://127.0.0.1:${port}`],
  ] as const) {
    it(`does the same where ${kind} answers, and says so once`, async () => {
      const { log, lines } = listening();
      const redis = connect(at(await freePort()), { role: "commands", log });
      const first = await failure(redis.exists("{breakglass}"));
      assert.ok(first.ms < COMMAND_TIMEOUT_MS + 1_000, `took ${first.ms} ms: ${first.message}`);
      const second = await failure(redis.exists("{breakglass}"));
      assert.match(second.message, /isn't writeable|The Cluster can't be reached/);
      assert.ok(second.ms < 500, `took ${second.ms} ms`);
      assert.equal(new Set(lines).size, lines.length, lines.join("\n"));
      assert.ok(lines.length >= 1 && lines.length <= 2, lines.join("\n"));
    });
  }

  it("fails at once while Redis is away, comes back by itself, and tells both once", async () => {
    const { log, lines } = listening();
    const redis = connect(server.url, { role: "commands", log });
    await redis.ping();
    await server.kill();
    await waitUntil(() => redis.status !== "ready", soon);
    const { ms, message } = await failure(redis.ping());
    assert.match(message, /isn't writeable/);
    assert.ok(ms < 500, `took ${ms} ms`);
    await waitUntil(() => lines.length > 0, soon);
    await server.restart();
    assert.ok(await waitUntil(() => redis.status === "ready", soon));
    assert.equal(await redis.ping(), "PONG");
    assert.match(lines.at(-1) ?? "", /Redis is back/);
    assert.equal(lines.filter((line) => line.includes("ECONNREFUSED")).length, 1);
    assert.doesNotMatch(lines.join(), new RegExp(new URL(server.url).password));
  });

  it("fails what is in flight when the connection breaks, and does not send it again", async () => {
    const redis = connect(server.url, { role: "commands", log: silent });
    await redis.set("count", "0");
    server.pause();
    const inFlight = failure(redis.incr("count"));
    await server.kill();
    const { ms, message } = await inFlight;
    assert.match(message, /max retries/);
    assert.ok(ms < COMMAND_TIMEOUT_MS, `took ${ms} ms`);
    await server.restart();
    assert.ok(await waitUntil(() => redis.status === "ready", soon));
    assert.equal(await redis.get("count"), "0");
  });

  it("gives up a command that Redis does not answer", async () => {
    const redis = connect(server.url, { role: "commands", log: silent });
    await redis.ping();
    server.pause();
    const { ms, message } = await failure(redis.ping());
    server.resume();
    assert.match(message, /timed out/);
    assert.ok(ms < COMMAND_TIMEOUT_MS + 1_000, `took ${ms} ms`);
  });

  it("names the cause also where a name has two addresses and neither answers", async () => {
    const { log, lines } = listening();
    const redis = connect(`redis://localhost:${await freePort()}`, { role: "commands", log });
    assert.ok(await waitUntil(() => lines.length > 0, soon));
    assert.match(lines.join(), /ECONNREFUSED/);
    redis.disconnect();
  });

  it("keeps trying with a wrong password, and crashes nothing", async () => {
    const { log, lines } = listening();
    const redis = connect(server.url.replace(/:[^:@]*@/, ":wrong@"), { role: "commands", log });
    const { message } = await failure(redis.ping());
    assert.match(message, /WRONGPASS/);
    assert.match(lines.join(), /WRONGPASS/);
  });
});

describe("connectRedis for BullMQ", () => {
  it("serves a queue and a worker, also across a Redis that was away", async () => {
    const server = await startTestRedis();
    const blocking = connect(server.url, { role: "blocking", log: silent });
    const commands = connect(server.url, { role: "commands", log: silent });
    const queue = new Queue("access", { connection: commands });
    const seen: unknown[] = [];
    const worker = new Worker(
      "access",
      (job) => {
        seen.push(job.data);
        return Promise.resolve();
      },
      { connection: blocking },
    );
    worker.on("error", () => undefined);
    queue.on("error", () => undefined);
    try {
      await queue.add("look", { id: "BG-1" });
      assert.ok(await waitUntil(() => seen.length === 1, soon));
      await server.kill();
      await waitUntil(() => commands.status !== "ready", soon);
      await server.restart();
      await waitUntil(() => commands.status === "ready", soon);
      await queue.add("look", { id: "BG-2" });
      assert.ok(await waitUntil(() => seen.length === 2, soon), "the worker did not come back");
    } finally {
      await worker.close(true);
      await queue.close();
      await server.stop();
    }
  });
});

describe("connectRedis and its URL", () => {
  it("speaks TLS to rediss://", () => {
    const redis = connect("rediss://localhost:1", { role: "commands", log: silent });
    assert.ok("tls" in redis.options && redis.options.tls);
  });

  it("refuses what is not Redis's, without repeating it", () => {
    for (const url of ["", "localhost:6379", "http://:s3cret@localhost", "redis://"]) {
      assert.throws(
        () => connectRedis(url, { role: "commands", log: silent }),
        (error) => error instanceof CodedError && error.code === "CONFIG_INVALID" && !error.message.includes("s3cret"),
        url,
      );
    }
  });
});
