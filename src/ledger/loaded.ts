import type { DomainEvent } from "../domain/events.ts";
import { fold, type RequestState } from "../domain/request.ts";
import { eventsOf, type Entry } from "./entry.ts";

/** A request with its events, as recorded. */
export interface Loaded {
  readonly state: RequestState;
  readonly events: readonly DomainEvent[];
}

/**
 * A request from the entries of the stream that has its name; undefined where that is no request's. The name may come from outside,
 * and what is recorded of the program or of people's keys is no request.
 */
export function requestOf(id: string, entries: readonly Entry[]): Loaded | undefined {
  if (entries[0]?.request !== id) return undefined;
  const events = eventsOf(entries);
  const state = fold(id, events);
  // A later version's events count too: an append must find every entry that was read.
  return state === undefined ? undefined : { state: { ...state, version: entries.length }, events };
}
