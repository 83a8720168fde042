import { access, constants } from "node:fs/promises";
import { delimiter, resolve } from "node:path";
import { probeServer } from "./redis-server.ts";
import type { RedisServer, ServerSearch } from "./redis-server.ts";

/** The programs that serve Redis's protocol and keep its append-only file. */
const NAMES = ["redis-server", "valkey-server"];

/**
 * An installed server: the one that `BREAKGLASS_REDIS_SERVER` names, else the first on `PATH` that is new enough.
 *
 * @param search - environment and listeners
 */
export async function serverOnPath(search: ServerSearch): Promise<RedisServer | undefined> {
  const named = search.env["BREAKGLASS_REDIS_SERVER"];
  const folders = (search.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  const places = NAMES.flatMap((name) => folders.map((folder) => resolve(folder, name)));
  for (const place of named ? [resolve(named), ...places] : places) {
    if (!(await isExecutable(place))) continue;
    const server = await probeServer(place, search);
    if (server) return server;
  }
  return undefined;
}

async function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
