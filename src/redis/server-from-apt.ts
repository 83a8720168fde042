import type { RedisServer, ServerSearch } from "./redis-server.ts";
import { runCommand } from "./run-command.ts";
import { serverOnPath } from "./server-on-path.ts";

/**
 * A server installed by apt, where we are root.
 *
 * @param search - environment and listeners
 */
export async function serverFromApt(search: ServerSearch): Promise<RedisServer | undefined> {
  if (!search.isRoot) return undefined;
  const env = { ...search.env, DEBIAN_FRONTEND: "noninteractive" };
  if (!(await runCommand("apt-get", ["--version"], { env, timeoutMs: 10_000 })).ok) return undefined;
  search.say("Installing redis-server with apt-get ...");
  await runCommand("apt-get", ["update"], { env, timeoutMs: 180_000 });
  const install = ["install", "-y", "--no-install-recommends", "redis-server"];
  const result = await runCommand("apt-get", install, { env, timeoutMs: 300_000 });
  if (!result.ok) search.log.debug("apt-get could not install redis-server", { stderr: result.stderr });
  return serverOnPath(search);
}
