import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { open, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { CodedError } from "../errors.ts";
import { askRedis } from "./ask-redis.ts";
import { redisConfig } from "./redis-config.ts";
import type { RedisSettings } from "./redis-config.ts";
import type { RedisServer } from "./redis-server.ts";

/** How long a server may say nothing at all, in milliseconds. While it says that it is loading, there is no limit. */
const SILENCE_LIMIT_MS = 30_000;

/**
 * Where the server of these settings answers.
 *
 * @param settings - its port and password
 */
export function urlOf(settings: Pick<RedisSettings, "port" | "password">): string {
  return `redis://:${settings.password}@127.0.0.1:${settings.port}`;
}

/**
 * Starts a server process. Its configuration, which holds the password, goes through a file of mode 0600, never through
 * the arguments, which every user of the machine can read. Its log is `redis.log` in the same folder.
 *
 * @param server - the program
 * @param settings - see {@link RedisSettings}
 * @param options - `env`: its environment; `detached`: whether a Ctrl-C in the terminal passes it by
 */
export async function spawnRedis(
  server: RedisServer,
  settings: RedisSettings,
  options: { env: NodeJS.ProcessEnv; detached: boolean },
): Promise<ChildProcess> {
  const config = join(settings.dir, "redis.conf");
  await writeFile(config, redisConfig(settings), { mode: 0o600 });
  const log = await open(join(settings.dir, "redis.log"), "a", 0o600);
  try {
    const child = spawn(server.command, [config], { ...options, stdio: ["ignore", log.fd, log.fd] });
    child.unref();
    child.on("error", () => undefined); // it could not be run; whoever waits for an answer finds out
    return child;
  } finally {
    await log.close();
  }
}

/**
 * Waits until a server has loaded and answers.
 *
 * @param url - where
 * @param options - `isAlive`: whether its process still runs; `onLoading`: called once if it takes its time to load
 * @returns `gone` when the process ended, `silent` when it runs and says nothing for 30 s
 */
export async function awaitAnswer(
  url: string,
  options: { isAlive: () => boolean | Promise<boolean>; onLoading?: () => void },
): Promise<"ready" | "gone" | "silent"> {
  let silence = AbortSignal.timeout(SILENCE_LIMIT_MS);
  let announced = false;
  for (;;) {
    const answer = await askRedis(url, 2_000);
    if (answer === "ready") return "ready";
    if (!(await options.isAlive())) return "gone";
    if (answer === "loading") {
      if (!announced) options.onLoading?.();
      announced = true;
      silence = AbortSignal.timeout(SILENCE_LIMIT_MS);
    }
    if (silence.aborted) return "silent";
    await sleep(10);
  }
}

/**
 * What to say when a server did not come up: the end of its log, which never holds the password.
 *
 * @param dir - the server's folder
 */
export async function startFailure(dir: string): Promise<CodedError> {
  const log = await readFile(join(dir, "redis.log"), "utf8").catch(() => "");
  const end = log.trim().split("\n").slice(-5).join("\n");
  return new CodedError(
    "REDIS_FAILED",
    `The private Redis did not start.${end === "" ? "" : ` Its log ends:\n${end}`}`,
    {
      next: `Look into redis.log in ${dir}; or set REDIS_URL to a Redis of your own.`,
    },
  );
}
