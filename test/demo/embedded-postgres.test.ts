import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { Client } from "pg";
import { startPostgres } from "../../src/demo/embedded-postgres.ts";
import { until } from "../support/until.ts";

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(sql);
  await client.end();
  return rows;
}

describe("the embedded Postgres", () => {
  it("starts for a superuser, keeps its data over a restart, and leaves the process's signals alone", async () => {
    const dir = await mkdtemp(join(tmpdir(), "bg-embedded-"));
    const hooks = (): number[] => ["SIGTERM", "SIGINT", "beforeExit"].map((event) => process.listenerCount(event));
    const before = hooks();
    try {
      const first = await startPostgres({ dir });
      assert.deepEqual(hooks(), before);
      await query(first.url, "CREATE TABLE kept AS SELECT 1 AS one");
      assert.deepEqual(await query(first.url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), [
        { rolsuper: true },
      ]);
      await assert.rejects(query(first.url.replace(/:[^:@]+@/, ":guess@"), "SELECT 1"), { code: "28P01" });
      await first.stop();
      await first.stop();
      await assert.rejects(query(first.url, "SELECT 1"), { code: "ECONNREFUSED" });

      const second = await startPostgres({ dir, port: first.port, settings: { work_mem: "3MB" } });
      assert.equal(second.url, first.url);
      assert.deepEqual(await query(second.url, "SELECT one, current_setting('work_mem') AS set FROM kept"), [
        { one: 1, set: "3MB" },
      ]);
      await second.stop();
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it("stops also where it ended by itself, as at a Ctrl-C in the terminal", async () => {
    const dir = await mkdtemp(join(tmpdir(), "bg-embedded-"));
    try {
      const server = await startPostgres({ dir });
      const pid = Number.parseInt(await readFile(join(dir, "postmaster.pid"), "utf8"), 10);
      process.kill(pid, "SIGINT");
      // Whoever waits for its end from now on waits for ever.
      await until(() => (existsSync(`/proc/${pid}`) ? undefined : true), "its end");
      await server.stop();
      await assert.rejects(query(server.url, "SELECT 1"), { code: "ECONNREFUSED" });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it("says why it didn't start", async () => {
    const dir = await mkdtemp(join(tmpdir(), "bg-embedded-"));
    try {
      const starting = startPostgres({ dir, settings: { no_such_setting: "1" } });
      await assert.rejects(starting, { code: "POSTGRES_MISSING", message: /no_such_setting/ });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
