import type { DomainEvent } from "../domain/events.ts";
import { evolve, fold, type RequestState } from "../domain/request.ts";
import { eventOf, eventsOf, parseEntry, type Entry, type Head } from "../ledger/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** Requests that are remembered between pages. Others are read again when something happens to them. */
const REMEMBERED = 5_000;

/** An entry, and its request before and after it. */
export interface Step {
  readonly entry: Entry;
  /** Undefined for a type that a later version wrote. */
  readonly event: DomainEvent | undefined;
  readonly before: RequestState | undefined;
  readonly after: RequestState | undefined;
}

/** Reads the ledger onward from a place in it, each entry with its request as it was then. */
export class LedgerSteps {
  readonly #ledger: Ledger;
  readonly #known = new Map<string, RequestState>();
  /** The entry after which they are known. */
  #knownAt = "";

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /**
   * The steps after a place, in order; none where there are none yet, or while the ledger ends before it.
   *
   * @returns undefined where the ledger has another entry in that place: it is another chain
   * @throws `LEDGER_UNAVAILABLE`
   */
  async after(place: Head, limit: number): Promise<Step[] | undefined> {
    const lines = await this.#ledger.range(Math.max(1, place.seq), limit + 1);
    const entries = lines.map(parseEntry);
    if (place.seq > 0) {
      const own = entries.shift();
      if (own === undefined) return [];
      if (own.seq !== place.seq || own.hash !== place.hash) return undefined;
    }
    // Another worker may have gone on in between, or what was read is read again because it could not be taken.
    if (place.hash !== this.#knownAt) this.#known.clear();
    this.#knownAt = "";
    const steps: Step[] = [];
    for (const entry of entries.slice(0, limit)) steps.push(await this.#step(entry));
    this.#knownAt = steps.at(-1)?.entry.hash ?? place.hash;
    return steps;
  }

  async #step(entry: Entry): Promise<Step> {
    const { request: id } = entry;
    const event = eventOf(entry);
    if (id === undefined) return { entry, event, before: undefined, after: undefined };
    const before = event?.type === "RequestOpened" ? undefined : await this.#before(id, entry.seq);
    const isFirst = before === undefined && event?.type !== "RequestOpened";
    const after = event === undefined || isFirst ? before : evolve(before, event, id);
    this.#remember(id, after);
    return { entry, event, before, after };
  }

  async #before(id: string, seq: number): Promise<RequestState | undefined> {
    const known = this.#known.get(id);
    if (known !== undefined) return known;
    const entries = (await this.#ledger.entriesOf(id)).filter((entry) => entry.seq < seq);
    return fold(id, eventsOf(entries));
  }

  #remember(id: string, state: RequestState | undefined): void {
    // The one that nothing happened to for the longest time is forgotten first.
    this.#known.delete(id);
    if (state !== undefined) this.#known.set(id, state);
    if (this.#known.size <= REMEMBERED) return;
    const [oldest = ""] = this.#known.keys();
    this.#known.delete(oldest);
  }
}
