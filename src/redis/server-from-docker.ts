import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { probeServer } from "./redis-server.ts";
import type { RedisServer, ServerSearch } from "./redis-server.ts";
import { runCommand } from "./run-command.ts";

const IMAGE = "redis:7.2-alpine";

/**
 * A launcher with redis-server's own usage. The data folder is mounted at its own path and the container runs as the
 * caller, so configuration file, append-only file and owner are the same inside and outside. One name a folder, so that
 * two containers can't write one append-only file, and what a crash left behind is removed first.
 */
const LAUNCHER = `#!/bin/sh
if [ "$1" = --version ]; then exec docker run --rm ${IMAGE} redis-server --version; fi
folder=$(cd "$(dirname "$1")" && pwd)
port=$(sed -n 's/^port //p' "$1")
name=breakglass-redis-$(printf %s "$folder" | cksum | cut -d' ' -f1)
docker rm -f "$name" >/dev/null 2>&1
exec docker run --rm --init --name "$name" --user "$(id -u):$(id -g)" \\
  -p "127.0.0.1:$port:$port" -v "$folder:$folder" ${IMAGE} redis-server "$1" --bind 0.0.0.0
`;

/**
 * A server in a container, where a Docker daemon answers. It is reachable on the loopback address only.
 *
 * @param search - environment, cache folder, listeners
 */
export async function serverFromDocker(search: ServerSearch): Promise<RedisServer | undefined> {
  const { env } = search;
  if (!(await runCommand("docker", ["info"], { env, timeoutMs: 10_000 })).ok) return undefined;
  search.say(`Fetching ${IMAGE} with Docker ...`);
  await runCommand("docker", ["pull", IMAGE], { env, timeoutMs: 300_000 });
  await mkdir(search.cacheDir, { recursive: true });
  const launcher = join(search.cacheDir, "redis-server-in-docker");
  await writeFile(launcher, LAUNCHER, { mode: 0o755 });
  return probeServer(launcher, search);
}
