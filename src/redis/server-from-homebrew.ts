import { join } from "node:path";
import { probeServer } from "./redis-server.ts";
import type { RedisServer, ServerSearch } from "./redis-server.ts";
import { runCommand } from "./run-command.ts";

/**
 * A server installed by Homebrew, where Homebrew is. It is not started as a service.
 *
 * @param search - environment and listeners
 */
export async function serverFromHomebrew(search: ServerSearch): Promise<RedisServer | undefined> {
  const { env } = search;
  const prefix = await runCommand("brew", ["--prefix"], { env, timeoutMs: 30_000 });
  if (!prefix.ok) return undefined;
  search.say("Installing redis with Homebrew ...");
  const result = await runCommand("brew", ["install", "redis"], { env, timeoutMs: 600_000 });
  if (!result.ok) search.log.debug("Homebrew could not install redis", { stderr: result.stderr });
  return probeServer(join(prefix.stdout.trim(), "bin", "redis-server"), search);
}
