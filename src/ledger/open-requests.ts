import { nextLook } from "../domain/agenda.ts";
import { evolve, isOver, mayHaveAccess, type RequestState } from "../domain/request.ts";
import { eventOf, type Entry } from "./entry.ts";

/**
 * What is open, or waits for a review, after the entries that were seen. Holds nothing of what is over, however long the chain,
 * but for what a grant has not come back to: its answer opens it again.
 */
export class OpenRequests {
  readonly #open = new Map<string, RequestState>();
  /** Over, and a target was asked for access and has not answered. */
  readonly #unanswered = new Map<string, RequestState>();

  /** Takes the next entry of the chain. */
  see(entry: Entry): void {
    const { request: id } = entry;
    const event = eventOf(entry);
    if (id === undefined || event === undefined) return;
    const before = this.#open.get(id) ?? this.#unanswered.get(id);
    // Nothing else that comes after a request's end opens it again.
    if (before === undefined && event.type !== "RequestOpened") return;
    const state = evolve(before, event, id);
    this.#open.delete(id);
    this.#unanswered.delete(id);
    if (!isOver(state) || nextLook(state) !== undefined) this.#open.set(id, state);
    else if (state.grant?.outcome === "open") this.#unanswered.set(id, state);
  }

  /** Whether a request is open. */
  has(id: string): boolean {
    return this.#open.has(id);
  }

  /** All of them. */
  get all(): readonly RequestState[] {
    return [...this.#open.values()];
  }

  /** Those whose target may give access now. */
  get withAccess(): readonly RequestState[] {
    return this.all.filter(mayHaveAccess);
  }
}
