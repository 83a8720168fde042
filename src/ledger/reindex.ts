import { nextLook } from "../domain/agenda.ts";
import type { Entry } from "./entry.ts";
import { OpenRequests } from "./open-requests.ts";

/** What a request's last step was told of within this time before the chain's end is not taken for granted. */
const UNTOLD_MS = 3_600_000;

/** What the ledger's indexes hold, as it follows from the entries: by moment or entry, and request. */
export interface Index {
  readonly due: readonly (readonly [at: string, id: string])[];
  readonly untold: readonly (readonly [seq: string, id: string])[];
}

/**
 * Folds a whole chain to what is open now, and to what chat may not have been told.
 *
 * @param entries - all of them, in order
 */
export async function reindex(entries: AsyncIterable<Entry>): Promise<Index> {
  const open = new OpenRequests();
  const moved = new Map<string, { readonly seq: number; readonly at: number }>();
  let end = 0;
  for await (const entry of entries) {
    open.see(entry);
    end = Date.parse(entry.at);
    if (entry.request !== undefined) moved.set(entry.request, { seq: entry.seq, at: end });
  }
  const due = open.all.flatMap((state) => {
    const at = nextLook(state);
    return at === undefined ? [] : [[String(at), state.id] as const];
  });
  const untold = [...moved]
    .filter(([id, { at }]) => open.has(id) || at >= end - UNTOLD_MS)
    .map(([id, { seq }]) => [String(seq), id] as const);
  return { due, untold };
}
