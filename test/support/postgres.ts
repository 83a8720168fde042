import { rm } from "node:fs/promises";
import { startPostgres } from "../../src/demo/embedded-postgres.ts";
import type { Log } from "../../src/log.ts";
import { postgresFolder } from "./postgres-folder.ts";

/** A throwaway PostgreSQL 18 on a free port. `stop` also deletes its folder. */
export async function postgres(
  options: { log?: Log } = {},
): Promise<{ url: string; port: number; stop(): Promise<void> }> {
  const dir = await postgresFolder();
  const server = await startPostgres({ dir, settings: { max_prepared_transactions: "5" }, ...options });
  return {
    url: server.url,
    port: server.port,
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
