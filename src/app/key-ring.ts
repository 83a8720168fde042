import type { NewEvent } from "../domain/events.ts";
import { foldKeys, NO_KEYS, type Keys } from "../domain/keys.ts";
import { CLOCK } from "../domain/people.ts";
import { CodedError } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { eventsOf } from "../ledger/entry.ts";
import { PEOPLES_KEYS } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";

const TRIES = 12;

interface Known {
  readonly keys: Keys;
  /** How many entries were read, also those that a later version wrote. */
  readonly entries: number;
  /** By whose word the chain was whole when they were read. */
  readonly whole: string | undefined;
}

/** Everybody's keys, as the ledger has them. Only what is new is read; after a recovery, all of it again. */
export class KeyRing {
  readonly #ledger: Ledger;
  #known: Known = { keys: NO_KEYS, entries: 0, whole: undefined };

  constructor(ledger: Ledger) {
    this.#ledger = ledger;
  }

  /** @throws `LEDGER_UNAVAILABLE` */
  async read(): Promise<Keys> {
    return (await this.#read()).keys;
  }

  /**
   * Records what is decided on keys, on what they are at that moment.
   *
   * @param decide - asked again when somebody else recorded something meanwhile
   * @param at - epoch milliseconds
   * @returns what was recorded, and the keys afterwards
   * @throws what `decide` throws, `LEDGER_UNAVAILABLE`, `LEDGER_CONFLICT`
   */
  async record(
    decide: (keys: Keys) => readonly NewEvent[],
    at: number,
  ): Promise<{ readonly events: readonly NewEvent[]; readonly keys: Keys }> {
    for (let attempt = 1; ; attempt += 1) {
      const { keys, entries } = await this.#read();
      const events = decide(keys);
      try {
        if (events.length > 0) await this.#ledger.recordIn(PEOPLES_KEYS, entries, events, at);
        return { events, keys: await this.read() };
      } catch (error) {
        if (!(error instanceof Conflict) || attempt === TRIES) throw error;
      }
    }
  }

  /**
   * Records how far a key has counted, before what it signed counts for anything: of two that count the same, one is a clone.
   *
   * @throws `STEP_UP_FAILED`
   */
  async used(credential: string, counter: number, at: number): Promise<void> {
    if (counter === 0) return;
    await this.record((keys) => {
      if (counter > (keys.byCredential.get(credential)?.counter ?? Infinity))
        return [{ type: "KeyUsed", actor: CLOCK, data: { credential, counter } }];
      throw new CodedError("STEP_UP_FAILED", "The key's counter went back: it may have been cloned.");
    }, at);
  }

  async #read(): Promise<Known> {
    const before = this.#known;
    // Asked at once, in this order: nothing new is what every order finds, and it waits for the answer.
    const [{ whole }, since] = await Promise.all([
      this.#ledger.standing(),
      this.#ledger.entriesOf(PEOPLES_KEYS, before.entries),
    ]);
    const isSame = whole !== undefined && whole === before.whole;
    if (isSame && since.length === 0) return before;
    const from = isSame ? before : { keys: NO_KEYS, entries: 0 };
    const fresh = isSame ? since : await this.#ledger.entriesOf(PEOPLES_KEYS);
    const events = eventsOf(fresh);
    const known = { keys: foldKeys(from.keys, events), entries: from.entries + fresh.length, whole };
    this.#known = known;
    return known;
  }
}
