import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "pg";
import { CodedError } from "../../errors.ts";

/** Between its check and its place in pg_stat_activity a login has a few instructions left; whoever reads the target back looks once more. */
const LOOK_AGAIN_MS = 20;
const LOOKS = 250;

/**
 * Ends every session of roles until two looks in a row find none: a login that was under way at the first look shows up
 * at the second. By oid, because a session whose role is gone has no name. Parallel workers and walsenders count too.
 *
 * @param client - an open session
 * @param oids - the roles
 * @param signal - ends the waiting
 * @returns how many were ended
 * @throws CodedError `TARGET_TIMEOUT` when sessions are still there after 5 seconds
 */
export async function endSessions(client: Client, oids: readonly string[], signal: AbortSignal): Promise<number> {
  const ended = new Set<number>();
  let quiet = 0;
  for (let look = 0; look < LOOKS; look += 1) {
    if (look > 0) await sleep(LOOK_AGAIN_MS, undefined, { signal });
    const { rows } = await client.query<{ pid: number }>(
      "SELECT pid, pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity WHERE usesysid = ANY ($1::oid[])",
      [oids],
    );
    for (const { pid } of rows) ended.add(pid);
    quiet = rows.length === 0 ? quiet + 1 : 0;
    if (quiet === 2) return ended.size;
  }
  throw new CodedError("TARGET_TIMEOUT", "Postgres was told to end the sessions, but some are still there.", {
    next: "Look at them in pg_stat_activity; the revoke is tried again.",
  });
}
