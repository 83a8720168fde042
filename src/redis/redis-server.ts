import type { Log } from "../log.ts";
import { runCommand } from "./run-command.ts";

/** A program that serves Redis: called with a configuration file, as `redis-server` is. */
export interface RedisServer {
  /** An absolute path. */
  readonly command: string;
  /** `7.0.15` */
  readonly version: string;
}

/** What each way of getting a server is told. */
export interface ServerSearch {
  readonly env: NodeJS.ProcessEnv;
  /** Where fetched servers are kept between starts. An absolute path. */
  readonly cacheDir: string;
  readonly log: Log;
  /** Takes a line for the person who waits. */
  readonly say: (line: string) => void;
  readonly isRoot: boolean;
}

/** The oldest version that is used: BullMQ recommends no older one. */
export const OLDEST_REDIS = "6.2";

/**
 * Whether a version is new enough.
 *
 * @param version - `7.0.15`
 */
export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = OLDEST_REDIS.split(".").map(Number);
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/**
 * Asks a program for its version by running it. Gives undefined, and says why, when it doesn't run or is too old.
 *
 * @param command - an absolute path
 * @param search - environment and listeners
 */
export async function probeServer(command: string, search: ServerSearch): Promise<RedisServer | undefined> {
  const result = await runCommand(command, ["--version"], { env: search.env, timeoutMs: 30_000 });
  const version = /\bv=(\d+\.\d+\.\d+)/.exec(result.stdout)?.[1];
  if (!result.ok || version === undefined) {
    search.log.debug("A Redis server does not run", { command, stderr: result.stderr });
    return undefined;
  }
  if (!isNewEnough(version)) {
    search.say(`${command} is version ${version}; ${OLDEST_REDIS} or newer is needed.`);
    return undefined;
  }
  return { command, version };
}
