import type { Ledger } from "../ledger/ledger.ts";
import type { Mirror } from "../ledger/mirror.ts";
import { gauge, type Series } from "../web/exposition.ts";
import { ageOfEntry } from "./age-of-entry.ts";

/**
 * How far a worker's mirror is behind the ledger.
 *
 * @param now - epoch milliseconds
 * @throws `LEDGER_UNAVAILABLE`
 */
export async function mirrorSeries(ledger: Ledger, mirror: Mirror, now: number): Promise<Series[]> {
  const behind = Math.max(0, (await ledger.head()).seq - mirror.head.seq);
  const seconds = behind === 0 ? 0 : await ageOfEntry(ledger, mirror.head.seq + 1, now);
  return [
    gauge("breakglass_mirror_behind_entries", "Entries that this worker's mirror does not have yet", behind),
    gauge("breakglass_mirror_behind_seconds", "How long the oldest of them has been in the ledger", seconds),
  ];
}
