import { resolve } from "node:path";
import { CodedError } from "../errors.ts";
import { silent } from "../log.ts";
import type { Log } from "../log.ts";
import { OLDEST_REDIS } from "./redis-server.ts";
import type { RedisServer, ServerSearch } from "./redis-server.ts";
import { serverFromApt } from "./server-from-apt.ts";
import { serverFromDocker } from "./server-from-docker.ts";
import { serverFromHomebrew } from "./server-from-homebrew.ts";
import { serverFromPackages } from "./server-from-packages.ts";
import { serverOnPath } from "./server-on-path.ts";

/** The ways to a server, tried in this order: from what changes nothing on the machine to what changes most. */
const WAYS: ((search: ServerSearch) => Promise<RedisServer | undefined>)[] = [
  serverOnPath,
  serverFromPackages,
  serverFromApt,
  serverFromHomebrew,
  serverFromDocker,
];

/**
 * Finds a Redis server to run, or fetches one.
 *
 * @param options - `env`: PATH, and `BREAKGLASS_REDIS_SERVER` for a server of one's own; `cacheDir`: where a fetched one
 * is kept for the next start; `say`: takes a line for each step that takes a while; `log`: takes why a way failed, at debug
 * @throws `REDIS_MISSING` when every way failed
 */
export async function findRedisServer(options: {
  env: NodeJS.ProcessEnv;
  cacheDir: string;
  log?: Log;
  say?: (line: string) => void;
}): Promise<RedisServer> {
  const search: ServerSearch = {
    env: options.env,
    cacheDir: resolve(options.cacheDir),
    log: options.log ?? silent,
    say: options.say ?? (() => undefined),
    isRoot: process.getuid?.() === 0,
  };
  for (const way of WAYS) {
    try {
      const server = await way(search);
      if (server) return server;
    } catch (cause) {
      search.log.debug("A way to a Redis server failed", { way: way.name, cause });
    }
  }
  throw new CodedError(
    "REDIS_MISSING",
    `No Redis server (${OLDEST_REDIS} or newer) was found, and none could be fetched.`,
    {
      next: [
        "Do one of these, then start again:",
        "  Debian, Ubuntu:  sudo apt-get update && sudo apt-get install -y redis-server",
        "  macOS:           brew install redis",
        "  Docker:          docker run -d --name breakglass-redis -p 127.0.0.1:6379:6379 -v breakglass-redis:/data redis:7.2-alpine \\",
        "                     redis-server --appendonly yes --appendfsync always --maxmemory-policy noeviction --hz 100",
        "                   and set REDIS_URL=redis://127.0.0.1:6379",
      ].join("\n"),
    },
  );
}
