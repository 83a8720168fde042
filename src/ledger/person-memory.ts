import type { RequestState } from "../domain/request.ts";

/** What one person has asked for: the requests since a moment, and how many there are in all. */
export interface Past {
  readonly states: readonly RequestState[];
  readonly count: number;
  /** Present where it is remembered rather than read: what has to be so still when something is recorded that was decided on it. */
  readonly held?: Held;
}

/** By whose word the chain was whole, and how many entries each stream had. */
export interface Held {
  readonly whole: string;
  readonly streams: readonly (readonly [stream: string, version: number])[];
}

interface Known {
  readonly whole: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly states: ReadonlyMap<string, RequestState>;
  readonly count: number;
}

/** Of so many people; of those that asked longest ago nothing is known any more. */
const PEOPLE = 1_000;
/** Whoever asks more often has their requests read: each is held against the ledger at an append. */
const REQUESTS = 16;

/**
 * What this process knows of people's requests: what it read, and what it recorded since. Others record too, so it may be out of
 * date: what is decided on it counts only if an append finds every stream as it is remembered.
 */
export class PersonMemory {
  readonly #people = new Map<string, Known>();

  /**
   * @param since - only requests opened from then on are wanted, epoch milliseconds
   * @returns undefined where it isn't all known
   */
  recall(person: string, since: number): Past | undefined {
    const known = this.#people.get(person);
    if (known === undefined || known.since > since) return undefined;
    const states = [...known.states.values()].filter(({ openedAt }) => openedAt >= since);
    const streams = states.map(({ id, version }) => [id, version] as const);
    return { states, count: known.count, held: { whole: known.whole, streams } };
  }

  /**
   * Remembers what was read.
   *
   * @param whole - by whose word the chain was whole before it was read
   */
  wasRead(person: string, since: number, { states, count }: Past, whole: string): void {
    this.#people.delete(person);
    if (states.length > REQUESTS) return;
    this.#people.set(person, { whole, since, states: new Map(states.map((state) => [state.id, state])), count });
    const [oldest] = this.#people.keys();
    if (this.#people.size > PEOPLE && oldest !== undefined) this.#people.delete(oldest);
  }

  /**
   * Remembers what was recorded of a request of somebody that something is known of.
   *
   * @param isNew - whether that opened it
   * @param whole - on whose word it was recorded
   */
  wasRecorded(state: RequestState, isNew: boolean, whole: string): void {
    const known = this.#people.get(state.requester);
    if (known?.whole !== whole) return;
    if (!isNew && (known.states.get(state.id)?.version ?? Infinity) >= state.version) return;
    const states = new Map(known.states).set(state.id, state);
    if (states.size > REQUESTS) this.#people.delete(state.requester);
    else this.#people.set(state.requester, { ...known, states, count: known.count + (isNew ? 1 : 0) });
  }
}
