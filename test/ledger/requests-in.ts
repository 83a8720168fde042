import { fold } from "../../src/domain/request.ts";
import { eventOf, type Entry } from "../../src/ledger/entry.ts";

/** The requests of a ledger, in short: as what each folds into. */
export function requestsIn(entries: readonly Entry[]): unknown[] {
  const ids = [...new Set(entries.flatMap(({ request = [] }) => request))];
  return ids.map((id) => {
    const events = entries.filter(({ request }) => request === id).map(eventOf);
    const state = fold(
      id,
      events.filter((event) => event !== undefined),
    );
    return [id, state?.phase, state?.approvals.length, state?.ending?.cause ?? null, state?.lateMs ?? null];
  });
}
