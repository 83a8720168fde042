import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { Redis } from "ioredis";
import { askRedis } from "../../src/redis/ask-redis.ts";
import { endProcess } from "../../src/redis/end-process.ts";
import { findRedisServer } from "../../src/redis/find-server.ts";
import { findPrivateRedis, startPrivateRedis } from "../../src/redis/private-redis.ts";
import type { PrivateRedis } from "../../src/redis/private-redis.ts";
import { readRecord } from "../../src/redis/private-redis-record.ts";
import { isRunning, pidOf } from "../../src/redis/process-mark.ts";
import type { RedisServer } from "../../src/redis/redis-server.ts";
import { checkRedisSafety } from "../../src/redis/safety.ts";
import { waitUntil } from "../../src/redis/wait-until.ts";
import { TEST_CACHE } from "../support/redis.ts";
import { sourceArguments } from "../support/source-arguments.ts";

const env = process.env;
const soon = { limitMs: 15_000, everyMs: 10 };

describe("startPrivateRedis", () => {
  let server: RedisServer;
  let dir: string;
  const held: PrivateRedis[] = [];
  const holders: ChildProcess[] = [];

  before(async () => {
    server = await findRedisServer({ env, cacheDir: TEST_CACHE });
  });
  beforeEach(async () => {
    // A quote and a space, because the folder's name goes into Redis's configuration file.
    dir = join(await mkdtemp(join(tmpdir(), "breakglass-private-")), 'the "private" redis');
  });
  afterEach(async () => {
    for (const holder of holders.splice(0)) holder.kill("SIGKILL");
    for (const redis of held.splice(0)) await redis.stop();
    const left = (await readRecord(dir))?.processes?.server;
    if (left !== undefined) await endProcess(left, { env, graceMs: 5_000 });
    await rm(join(dir, ".."), { recursive: true, force: true });
  });
  after(() => {
    assert.equal(held.length, 0);
  });

  async function start(): Promise<PrivateRedis> {
    const redis = await startPrivateRedis({ dir, env, server });
    held.push(redis);
    return redis;
  }

  /** Starts it in another process and gives that, and the address it printed. */
  async function startElsewhere(): Promise<{ holder: ChildProcess; url: string }> {
    const script = join(import.meta.dirname, "hold-private-redis.ts");
    const stdio = ["pipe", "pipe", "inherit"] as const;
    const holder = spawn(process.execPath, [...sourceArguments(script), dir], { env, stdio: [...stdio] });
    holders.push(holder);
    const [url] = (await once(createInterface(holder.stdout), "line")) as [string];
    return { holder, url };
  }

  async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
    const redis = new Redis(url);
    redis.on("error", () => undefined);
    try {
      return await question(redis);
    } finally {
      redis.disconnect();
    }
  }

  /** Names one run of one server. */
  const runId = (url: string) => ask(url, async (redis) => /run_id:(\w+)/.exec(await redis.info("server"))?.[1]);
  const serverPid = async () => pidOf((await readRecord(dir))?.processes?.server ?? "");

  it("is set up to keep what it acknowledges, and fast to wake", async () => {
    const { url } = await start();
    const safety = await ask(url, checkRedisSafety);
    assert.deepEqual(safety, { problems: [], warnings: [], unchecked: [] });
    assert.deepEqual(await ask(url, (redis) => redis.config("GET", "hz")), ["hz", "100"]);
    assert.deepEqual(await ask(url, (redis) => redis.config("GET", "save")), ["save", ""]);
    assert.deepEqual(await ask(url, (redis) => redis.config("GET", "bind")), ["bind", "127.0.0.1"]);
  });

  it("shows its password to nobody else", async () => {
    const { url } = await start();
    const { password, port } = new URL(url);
    assert.ok(password.length >= 32);
    await assert.rejects(
      ask(`redis://127.0.0.1:${port}`, (redis) => redis.ping()),
      /NOAUTH/,
    );
    if (process.platform === "linux") {
      assert.doesNotMatch(await readFile(`/proc/${await serverPid()}/cmdline`, "utf8"), new RegExp(password));
    }
    assert.doesNotMatch(await readFile(join(dir, "redis.log"), "utf8"), new RegExp(password));
    const modes = await Promise.all(["", "url", "redis.conf"].map(async (name) => (await stat(join(dir, name))).mode));
    assert.deepEqual(
      modes.map((mode) => (mode & 0o777).toString(8)),
      ["700", "600", "600"],
    );
  });

  it("ends with stop(), and comes back with its data at the same address", async () => {
    const first = await startPrivateRedis({ dir, env, server });
    await ask(first.url, (redis) => redis.set("kept", "yes"));
    await first.stop();
    assert.equal(await askRedis(first.url, 1_000), "silent");
    assert.equal(await findPrivateRedis(dir), undefined);
    const second = await start();
    assert.equal(second.url, first.url);
    assert.equal(await ask(second.url, (redis) => redis.get("kept")), "yes");
  });

  it("joins the server of another process, and leaves it running", async () => {
    const { holder, url } = await startElsewhere();
    const joined = await startPrivateRedis({ dir, env, server });
    assert.equal(joined.url, url);
    assert.equal(await findPrivateRedis(dir), url);
    await joined.stop();
    assert.equal(await askRedis(url, 1_000), "ready");
    const ended = once(holder, "exit");
    holder.stdin?.end();
    await ended;
    assert.equal(await askRedis(url, 1_000), "silent");
  });

  it("ends the server that a killed process left behind, and keeps the data", async () => {
    const { holder, url } = await startElsewhere();
    await ask(url, (redis) => redis.set("kept", "yes"));
    const before = await runId(url);
    const orphan = (await readRecord(dir))?.processes?.server ?? "";
    const ended = once(holder, "exit");
    holder.kill("SIGKILL");
    await ended;
    assert.equal(await askRedis(url, 1_000), "ready", "it outlives a SIGKILL of its owner");
    const redis = await start();
    assert.notEqual(await runId(redis.url), before);
    assert.notEqual(await serverPid(), pidOf(orphan));
    assert.equal(await isRunning(orphan, env), false);
    assert.equal(await ask(redis.url, (client) => client.get("kept")), "yes");
  });

  it("ends a server whose start was cut off before its process was noted", async () => {
    const { holder, url } = await startElsewhere();
    const left = (await readRecord(dir))?.processes?.server ?? "";
    const ended = once(holder, "exit");
    holder.kill("SIGKILL");
    await ended;
    await rm(join(dir, "processes.json"));
    const redis = await start();
    assert.equal(redis.url, url, "its port is free again");
    assert.equal(await isRunning(left, env), false);
  });

  it("starts one server when two processes and this one start at once", async () => {
    const urls = (await Promise.all([startElsewhere(), startElsewhere(), start(), start()])).map(({ url }) => url);
    assert.equal(new Set(urls).size, 1, urls.join());
    assert.deepEqual(
      (await readdir(dir)).filter((name) => name.startsWith("starting.")),
      [],
    );
    const log = await readFile(join(dir, "redis.log"), "utf8");
    assert.equal(log.match(/Ready to accept connections/g)?.length, 1);
  });

  it("starts the server again when it ends unasked", async () => {
    const { url } = await start();
    await ask(url, (redis) => redis.set("kept", "yes"));
    process.kill(await serverPid(), "SIGKILL");
    assert.ok(await waitUntil(async () => (await askRedis(url, 500)) === "silent", soon));
    assert.ok(await waitUntil(async () => (await askRedis(url, 500)) === "ready", soon));
    assert.equal(await ask(url, (redis) => redis.get("kept")), "yes");
  });

  it("starts on an append-only file that a crash cut off", async () => {
    const first = await startPrivateRedis({ dir, env, server });
    await ask(first.url, (redis) => redis.set("kept", "yes"));
    await first.stop();
    const files = await readdir(join(dir, "appendonlydir"));
    const newest = files.find((name) => name.endsWith(".incr.aof")) ?? "";
    await appendFile(join(dir, "appendonlydir", newest), "*3\r\n$3\r\nSET\r\n$3\r\nha");
    const second = await start();
    assert.equal(await ask(second.url, (redis) => redis.get("kept")), "yes");
  });

  it("moves to another port and password when somebody else took its port, and does not tell them the password", async () => {
    const first = await startPrivateRedis({ dir, env, server });
    await first.stop();
    const heard: string[] = [];
    const squatter = createServer((socket) => {
      socket.on("data", (data) => heard.push(data.toString()));
    }).listen(Number(new URL(first.url).port), "127.0.0.1");
    await once(squatter, "listening");
    try {
      assert.equal(await findPrivateRedis(dir), undefined);
      const second = await start();
      assert.notEqual(new URL(second.url).port, new URL(first.url).port);
      assert.equal(await askRedis(second.url, 1_000), "ready");
      assert.deepEqual(heard, []);
    } finally {
      squatter.close();
    }
  });

  it("says what Redis's log says when it can't start", async () => {
    const broken: RedisServer = { command: join(import.meta.dirname, "no-such-server"), version: "7.0.0" };
    await assert.rejects(startPrivateRedis({ dir, env, server: broken }), { code: "REDIS_FAILED" });
    const first = await startPrivateRedis({ dir, env, server });
    await first.stop();
    const files = await readdir(join(dir, "appendonlydir"));
    const newest = files.find((name) => name.endsWith(".incr.aof")) ?? "";
    await appendFile(join(dir, "appendonlydir", newest), "this is no command\r\n");
    await assert.rejects(startPrivateRedis({ dir, env, server }), { code: "REDIS_FAILED", message: /Bad file format/ });
  });
});
