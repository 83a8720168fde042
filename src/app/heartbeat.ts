import { CLOCK } from "../domain/people.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Mirror } from "../ledger/mirror.ts";

const PERIOD_MS = 3_600_000;

/**
 * Records that the program runs, when nothing else was recorded for an hour: a ledger that was cut short shows it, and so does
 * a program that stood still.
 *
 * @param now - epoch milliseconds
 * @throws `LEDGER_UNAVAILABLE`
 */
export async function beat(ledger: Ledger, mirror: Mirror, now: number): Promise<void> {
  if (mirror.head.seq === 0 || now - mirror.newestAt < PERIOD_MS) return;
  // Of several workers that come to it at once, one records it.
  await ledger.recordOwn((own) => {
    const last = own.at(-1);
    const isFresh = last !== undefined && now - Date.parse(last.at) < PERIOD_MS;
    return isFresh ? [] : [{ type: "HeartbeatRecorded", actor: CLOCK, data: {} }];
  }, now);
}
