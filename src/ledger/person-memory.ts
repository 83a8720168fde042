import type { RequestState } from "../domain/request.ts";
import type { Held } from "./append-queue.ts";

/** What one person has asked for: the requests since a moment, and how many there are in all. */
export interface Past {
  readonly states: readonly RequestState[];
  readonly count: number;
  /** Present where it is remembered and was not read: what an append has to find as it is here. */
  readonly held?: Held;
}

interface Known {
  /** By whose word the chain was whole. */
  readonly whole: string;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly states: ReadonlyMap<string, RequestState>;
  readonly count: number;
}

/** Of so many people; whoever neither asked nor was read for longest is forgotten. */
const PEOPLE = 1_000;
/** Whoever asks more often has their requests read: each is held against the ledger at an append. */
const REQUESTS = 16;

/**
 * What this process knows of people's requests: what it read, and what it recorded since. Others record too, so it may be out of
 * date: what is decided on it counts only if an append finds every stream, and the number of them, as it is remembered.
 */
export class PersonMemory {
  /** The one that is kept longest stands last. */
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
   * @param whole - by whose word the chain was whole before it was read: what was lost since is not remembered under a later word
   */
  wasRead(person: string, since: number, { states, count }: Past, whole: string): void {
    this.#keep(person, { whole, since, states: new Map(states.map((state) => [state.id, state])), count });
  }

  /**
   * Remembers that a request was opened, where its requester is known.
   *
   * @param requests - how many the append found its requester to have before; undefined where it didn't look
   * @param whole - by whose word the chain was whole
   */
  wasOpened(state: RequestState, requests: number | undefined, whole: string): void {
    const known = this.#people.get(state.requester);
    // It may have been read before its own append was heard of; then it is counted already.
    if (known === undefined || known.states.has(state.id)) return;
    // Only what the append itself has counted is counted on: one too many would hide a request that another process opens next.
    if (known.whole !== whole || known.count !== requests) this.#people.delete(state.requester);
    else this.#keep(state.requester, { ...known, states: including(known, state), count: requests + 1 });
  }

  /** Remembers how a request stands, where it is remembered. `whole`: by whose word the chain was whole */
  wasChanged(state: RequestState, whole: string): void {
    const known = this.#people.get(state.requester);
    const before = known?.states.get(state.id);
    if (known?.whole !== whole || before === undefined || before.version >= state.version) return;
    this.#people.set(state.requester, { ...known, states: including(known, state) });
  }

  #keep(person: string, known: Known): void {
    this.#people.delete(person);
    if (known.states.size > REQUESTS) return;
    this.#people.set(person, known);
    const [oldest] = this.#people.keys();
    if (this.#people.size > PEOPLE && oldest !== undefined) this.#people.delete(oldest);
  }
}

function including({ states }: Known, state: RequestState): Known["states"] {
  return new Map(states).set(state.id, state);
}
