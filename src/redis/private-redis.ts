import { chmod, mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { silent } from "../log.ts";
import type { Log } from "../log.ts";
import { askRedis } from "./ask-redis.ts";
import { findRedisServer } from "./find-server.ts";
import { OwnRedis } from "./own-redis.ts";
import { isRunning } from "./process-mark.ts";
import { readRecord } from "./private-redis-record.ts";
import type { RedisServer } from "./redis-server.ts";

/** A Redis that belongs to one data folder. */
export interface PrivateRedis {
  /** Holds the password. */
  readonly url: string;
  /** Ends the server if this process started it; otherwise only lets go of it. */
  stop(): Promise<void>;
}

/**
 * Starts the private Redis of a folder, or joins the one that another living process already runs there. Returns when it
 * has loaded and answers. There is never more than one server on one append-only file: starts wait for each other, and a
 * server whose owner was killed is ended (it loses nothing by that) before a new one starts.
 *
 * The server started here is started again if it ends unasked, at the same address; and it is ended with this process,
 * unless that is killed with SIGKILL.
 *
 * @param options - `dir`: its folder, made with mode 0700; `env`: PATH; `server`: found or fetched if not given;
 * `appendfsync`: `always` unless told, so that what the ledger acknowledged is on disk; `say`: takes a line for each
 * step that takes a while
 * @throws `REDIS_MISSING` without a server program, `REDIS_FAILED` when it doesn't come up
 */
export async function startPrivateRedis(options: {
  dir: string;
  env: NodeJS.ProcessEnv;
  log?: Log;
  say?: (line: string) => void;
  server?: RedisServer;
  appendfsync?: "always" | "everysec";
}): Promise<PrivateRedis> {
  const { env, log = silent, say = () => undefined, appendfsync = "always" } = options;
  const dir = resolve(options.dir);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  const server = options.server ?? (await findRedisServer({ env, cacheDir: join(dir, "server"), log, say }));
  const redis = new OwnRedis({ dir, env, log, say, server, appendfsync });
  return { url: await redis.start(), stop: () => redis.stop() };
}

/**
 * The address of a folder's private Redis, if it runs. The server is asked only when its process is known to be alive:
 * otherwise somebody else may be listening on its port by now, and would be told the password.
 *
 * @param dir - the private Redis's folder
 * @param env - see {@link isRunning}
 */
export async function findPrivateRedis(dir: string, env = process.env): Promise<string | undefined> {
  const record = await readRecord(dir);
  if (!record?.processes || !(await isRunning(record.processes.server, env))) return undefined;
  return (await askRedis(record.url, 2_000)) === "silent" ? undefined : record.url;
}
