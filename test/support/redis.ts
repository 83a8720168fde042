import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, rm, stat, truncate } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRedisServer } from "../../src/redis/find-server.ts";
import { quietPort } from "../../src/redis/quiet-port.ts";
import { awaitAnswer, spawnRedis, startFailure, urlOf } from "../../src/redis/redis-process.ts";

/**
 * A real Redis of the test's own: free port, own folder, own password, `appendonly yes`, `hz 100`, and `appendfsync always` as the
 * product wants it. With `everysec` Redis holds a write back for up to 2 s while the disk is busy, so that even a process killed
 * on a machine that runs on loses what it has acknowledged.
 */
export interface TestRedis {
  readonly url: string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
  /** Ends it as given, SIGKILL by default, and waits until it is gone. Its append-only file stays. */
  kill(signal?: NodeJS.Signals): Promise<void>;
  /**
   * Starts it again on the same port and append-only file, after {@link TestRedis.kill}. `empty`: without one; `cutBytes`: without
   * the last so many bytes of it.
   */
  restart(options?: { readonly empty?: boolean; readonly cutBytes?: number }): Promise<void>;
  /** How long its append-only file is, in bytes. */
  appendedBytes(): Promise<number>;
  /** Freezes it: connections stay open and nothing answers. */
  pause(): void;
  /** Ends the freeze. */
  resume(): void;
}

/** Servers fetched by tests are kept here. */
export const TEST_CACHE = join(import.meta.dirname, "../../node_modules/.cache/breakglass");

/** Starts a Redis for a test. Call `stop()` in `after`. */
export async function startTestRedis(): Promise<TestRedis> {
  const server = await findRedisServer({ env: process.env, cacheDir: TEST_CACHE });
  const dir = await mkdtemp(join(tmpdir(), "breakglass-redis-"));
  const password = randomBytes(16).toString("hex");
  const settings = { dir, port: await quietPort(), password, appendfsync: "always" } as const;
  const url = urlOf(settings);

  const start = async () => {
    const child = await spawnRedis(server, settings, { env: process.env, detached: false });
    const isAlive = () => child.exitCode === null && child.signalCode === null && child.pid !== undefined;
    if ((await awaitAnswer(url, { isAlive })) !== "ready") throw await startFailure(dir);
    return child;
  };
  let child = await start();

  const kill = async (signal: NodeJS.Signals = "SIGKILL"): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => {
      child.ref();
      child.once("exit", () => {
        resolve();
      });
    });
    child.kill(signal);
    await gone;
  };
  const atExit = () => child.kill("SIGKILL");
  process.once("exit", atExit);

  return {
    url,
    kill,
    restart: async ({ empty = false, cutBytes = 0 } = {}) => {
      await kill();
      if (cutBytes > 0) await cutFile(dir, cutBytes);
      if (empty) await Promise.all((await readdir(dir)).map((name) => rm(join(dir, name), { recursive: true })));
      child = await start();
    },
    appendedBytes: async () => (await stat(await appendOnlyFile(dir))).size,
    pause: () => child.kill("SIGSTOP"),
    resume: () => child.kill("SIGCONT"),
    stop: async () => {
      await kill("SIGKILL");
      process.removeListener("exit", atExit);
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** A Redis, or several, that something else has started, and that it alone may break. */
export function redisElsewhere(url: string): TestRedis {
  const no = () => {
    throw new Error("it is not ours to break");
  };
  return { url, stop: () => Promise.resolve(), kill: no, restart: no, appendedBytes: no, pause: no, resume: no };
}

/** Cuts the end off the append-only file, as a disk does that loses what it was given last. */
async function cutFile(dir: string, bytes: number): Promise<void> {
  const file = await appendOnlyFile(dir);
  await truncate(file, Math.max(0, (await stat(file)).size - bytes));
}

async function appendOnlyFile(dir: string): Promise<string> {
  const folder = join(dir, "appendonlydir");
  const files = (await readdir(folder)).filter((name) => name.endsWith(".incr.aof"));
  return join(folder, files.sort().at(-1) ?? "");
}
