import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import pg from "pg";
import { startPostgres } from "../../src/demo/embedded-postgres.ts";
import { postgresFolder } from "./postgres-folder.ts";
import { until } from "./until.ts";

/**
 * A throwaway PostgreSQL 18 that collects its own log into files. The package that starts servers waits for a line that goes into such
 * a file, so this one is started by hand, in a folder that the package made.
 *
 * @param settings - the server's, `{ log_statement: "all" }`
 */
export async function loggingPostgres(
  settings: Readonly<Record<string, string>>,
): Promise<{ url: string; port: number; stop(): Promise<void> }> {
  const dir = await postgresFolder();
  const made = await startPostgres({ dir });
  await made.stop();
  const require = createRequire(import.meta.url);
  const entry = require.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const binary = join(dirname(dirname(entry)), "native/bin/postgres");
  const all = {
    port: String(made.port),
    logging_collector: "on",
    unix_socket_directories: "",
    log_rotation_age: "0",
    ...settings,
  };
  const flags = Object.entries(all).flatMap(([key, value]) => ["-c", `${key}=${value}`]);
  // Postgres doesn't run as root; the folder belongs to whom the package runs it as.
  const { uid, gid } = await stat(dir);
  const server = spawn(binary, ["-D", dir, ...flags], {
    stdio: "ignore",
    ...(process.getuid?.() === 0 && { uid, gid }),
  });
  const over = once(server, "exit");
  await until(async () => {
    const client = new pg.Client(made.url);
    client.on("error", () => undefined);
    return await client.connect().then(
      async () => {
        await client.end();
        return true;
      },
      () => undefined,
    );
  }, "a server that collects its log");
  return {
    url: made.url,
    port: made.port,
    stop: async () => {
      server.kill("SIGINT");
      await over;
      await rm(dir, { recursive: true, force: true });
    },
  };
}
