import { isOfRequest } from "../domain/events.ts";
import { useOf, type Use } from "../domain/insights/use.ts";
import { evolve, type RequestState } from "../domain/request.ts";
import { unavailable } from "../ledger/append-queue.ts";
import { eventOf, parseEntry, type Entry } from "../ledger/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { KeptTo, UseStore } from "./use-store.ts";

const PAGE = 1_000;
/** So many requests are kept in memory while a long ledger is read for the first time. */
const HELD = 20_000;

/** A request as it is after an entry; later ones that were read with it are passed over when their turn comes. */
interface Held {
  readonly state: RequestState;
  readonly seq: number;
}

/**
 * What insights need of each request, up to date with the ledger: only what was recorded since the last look is read. Whoever looks
 * does the work, in any process; if two do at once, one of them does it in vain.
 */
export class Uses {
  readonly #ledger: Ledger;
  readonly #store: UseStore;
  readonly #turn: () => Promise<void>;

  /** @param turn - waits until nothing more urgent is to be done */
  constructor(ledger: Ledger, store: UseStore, turn: () => Promise<void>) {
    this.#ledger = ledger;
    this.#store = store;
    this.#turn = turn;
  }

  /**
   * Requests that were opened from one moment on and before another, as they are now, some at a time.
   *
   * @param from - epoch milliseconds, as `to`
   * @throws `LEDGER_UNAVAILABLE`
   */
  async *between(from: number, to: number): AsyncGenerator<readonly Use[]> {
    await this.catchUp();
    try {
      yield* this.#store.between(from, to);
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** Reads what was recorded since the last look. @throws `LEDGER_UNAVAILABLE` */
  async catchUp(): Promise<void> {
    try {
      const held = new Map<string, Held>();
      let at = await this.#start();
      for (;;) {
        await this.#turn();
        const entries = (await this.#ledger.range(at.seq + 1, PAGE)).map(parseEntry);
        const last = entries.at(-1);
        if (last === undefined) return;
        const uses = (await this.#seen(entries, held)).map(useOf);
        const kept = await this.#store.keep(at, { seq: last.seq, hash: last.hash }, uses);
        if (kept === undefined) held.clear();
        at = kept ?? (await this.#start());
      }
    } catch (error) {
      throw unavailable(error);
    }
  }

  /** From where on it has to be read: from the beginning where what is kept is of another ledger. */
  async #start(): Promise<KeptTo> {
    const at = await this.#store.keptTo();
    if (at.seq === 0) return at;
    const [line] = await this.#ledger.range(at.seq, 1);
    const isOurs = line !== undefined && parseEntry(line).seq === at.seq && parseEntry(line).hash === at.hash;
    return isOurs ? at : { ...at, seq: 0 };
  }

  /** The requests that entries are about, as they are after them. */
  async #seen(entries: readonly Entry[], held: Map<string, Held>): Promise<RequestState[]> {
    if (held.size > HELD) held.clear();
    const changed = new Map<string, RequestState>();
    for (const entry of entries) {
      const { request: id, seq } = entry;
      const event = eventOf(entry);
      if (id === undefined || event === undefined || !isOfRequest(event)) continue;
      const before = held.get(id);
      if (before !== undefined && before.seq >= seq) continue;
      const next =
        before === undefined && event.type !== "RequestOpened"
          ? await this.#load(id)
          : { state: evolve(before?.state, event, id), seq };
      if (next === undefined) continue;
      held.set(id, next);
      changed.set(id, next.state);
    }
    return [...changed.values()];
  }

  async #load(id: string): Promise<Held | undefined> {
    const loaded = await this.#ledger.load(id);
    return loaded && { state: loaded.state, seq: loaded.events.at(-1)?.seq ?? 0 };
  }
}
