import type { Connection } from "../../src/connection.ts";
import { KEYS } from "../../src/ledger/keys.ts";

/** Stands in for a worker that held an empty ledger against its mirror: from here on it can be appended to. */
export async function vouch(redis: Connection): Promise<void> {
  await redis.set(KEYS.whole, "vouched for by a test");
}
