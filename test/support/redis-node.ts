import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Redis } from "ioredis";
import { findRedisServer } from "../../src/redis/find-server.ts";
import { quietPort } from "../../src/redis/quiet-port.ts";
import { awaitAnswer, startFailure } from "../../src/redis/redis-process.ts";
import { TEST_CACHE } from "./redis.ts";

/** One server of several: a Redis, or a Sentinel. */
export interface RedisNode {
  readonly port: number;
  readonly url: string;
  /** Asks it something, over a connection of its own. */
  ask<T>(question: (redis: Redis) => Promise<T>): Promise<T>;
  /** Ends it with SIGKILL, and waits until it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same files, with further lines of configuration. */
  restart(...lines: string[]): Promise<void>;
}

/** How servers of one group are started. */
export interface NodeOptions {
  /** The group's own folder, which exists. */
  readonly dir: string;
  readonly password: string;
  /** Of its configuration. */
  readonly lines: readonly string[];
  readonly isSentinel?: boolean;
}

/** Starts one on a free port of its own. It is killed with the test at the latest. */
export async function startRedisNode(options: NodeOptions): Promise<RedisNode> {
  const server = await findRedisServer({ env: process.env, cacheDir: TEST_CACHE });
  const { password, isSentinel = false } = options;
  const port = await quietPort();
  const dir = join(options.dir, String(port));
  await mkdir(dir);
  const url = `redis://:${password}@127.0.0.1:${port}`;
  const config = join(dir, isSentinel ? "sentinel.conf" : "redis.conf");
  const own = [`port ${port}`, "bind 127.0.0.1", `dir ${dir}`, "daemonize no", `requirepass ${password}`];

  const start = async (lines: readonly string[]): Promise<ChildProcess> => {
    // A Sentinel, and a member of a Cluster, keeps what it learns in its folder.
    await writeFile(config, `${[...own, ...lines].join("\n")}\n`);
    const log = await open(join(dir, "redis.log"), "a");
    const stdio = ["ignore" as const, log.fd, log.fd];
    const started = spawn(server.command, [config, ...(isSentinel ? ["--sentinel"] : [])], { stdio });
    started.unref();
    await log.close();
    const isAlive = () => started.exitCode === null && started.signalCode === null;
    if ((await awaitAnswer(url, { isAlive })) !== "ready") throw await startFailure(dir);
    return started;
  };
  let child = await start(options.lines);
  process.once("exit", () => child.kill("SIGKILL"));

  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  return {
    port,
    url,
    ask: async (question) => {
      const redis = new Redis(url, { maxRetriesPerRequest: 3, retryStrategy: () => 20 });
      redis.on("error", () => undefined);
      try {
        return await question(redis);
      } finally {
        redis.disconnect();
      }
    },
    kill,
    restart: async (...lines) => {
      await kill();
      child = await start([...options.lines, ...lines]);
    },
  };
}

/** What every Redis of a group runs with. */
export function groupLines(password: string): string[] {
  return [
    `masterauth ${password}`,
    "appendonly yes",
    'save ""',
    "maxmemory-policy noeviction",
    "hz 100",
    "repl-diskless-sync-delay 0",
  ];
}
