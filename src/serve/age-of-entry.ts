import { parseEntry } from "../ledger/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";

/**
 * How long ago an entry was recorded, in seconds; 0 where there is none.
 *
 * @param now - epoch milliseconds
 * @throws `LEDGER_UNAVAILABLE`
 */
export async function ageOfEntry(ledger: Ledger, seq: number | undefined, now: number): Promise<number> {
  if (seq === undefined) return 0;
  const [line] = await ledger.range(seq, 1);
  return line === undefined ? 0 : Math.max(0, now - Date.parse(parseEntry(line).at)) / 1_000;
}
