import type { RequestState } from "../domain/request.ts";
import type { Ledger } from "../ledger/ledger.ts";

/**
 * The requests that wait for a review, or for what a review asked for.
 *
 * @throws `LEDGER_UNAVAILABLE`
 */
export async function openReviews(ledger: Ledger): Promise<RequestState[]> {
  const ids = await ledger.open();
  const loaded = await Promise.all(ids.map(async (id) => await ledger.load(id)));
  return loaded.flatMap((each) => (each?.state.review === undefined ? [] : [each.state]));
}
