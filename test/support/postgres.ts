import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../../src/demo/embedded-postgres.ts";
import type { Log } from "../../src/log.ts";

/** A throwaway PostgreSQL 18 on a free port. `stop` also deletes its folder. */
export async function postgres(
  options: { log?: Log } = {},
): Promise<{ url: string; port: number; stop(): Promise<void> }> {
  const dir = await mkdtemp(join(tmpdir(), "bg-postgres-"));
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
