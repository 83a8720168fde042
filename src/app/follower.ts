import { asCoded } from "../errors.ts";
import { EMPTY, type Head } from "../ledger/entry.ts";
import type { Log } from "../log.ts";
import type { FollowerPlaces } from "./follower-places.ts";
import type { LedgerSteps, Step } from "./ledger-steps.ts";

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

export interface FollowerOptions {
  /** What it is called where its place is remembered. */
  readonly name: string;
  /** Entries that are taken at once. */
  readonly page: number;
  readonly steps: LedgerSteps;
  readonly places: FollowerPlaces;
  /** Takes what comes next. Where it throws, the same comes again later. */
  readonly take: (steps: readonly Step[], signal: AbortSignal) => Promise<void>;
  /** Where the ledger ends. */
  readonly head: () => Promise<Head>;
  /** How far it came, if it keeps that itself. */
  readonly own?: { read(): Promise<Head>; reset(): Promise<void> };
  /** Waits until nothing more urgent is to be done. */
  readonly turn: () => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Follows the ledger, one worker at a time, and never in anybody's way: what it does begins after an entry is recorded, and nothing
 * waits for it. A place in the chain is all that it remembers, so that nothing is lost over a restart.
 */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #stopped = new AbortController();
  #looking: Promise<void> | undefined;

  constructor(options: FollowerOptions) {
    this.#options = options;
  }

  /** Begins a look, unless one goes on. */
  begin(): void {
    if (this.#stopped.signal.aborted) return;
    this.#looking ??= this.look()
      .catch((error: unknown) => {
        this.#options.log.debug("the ledger could not be followed", { follower: this.#options.name, error });
      })
      .finally(() => (this.#looking = undefined));
  }

  /** Breaks off what is under way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#looking;
  }

  /** Takes everything that is new, if no other worker is at it. @throws `LEDGER_UNAVAILABLE` */
  async look(): Promise<void> {
    const { name, places, head, now } = this.#options;
    const nextAt = (await places.read(name))?.nextAt ?? 0;
    if (nextAt > now()) return;
    // Where nothing is new, nothing is written: each write waits for the disk, and others wait behind it.
    const [place, end] = await Promise.all([this.#place(), head()]);
    if (place.hash === end.hash) return;
    await places.exclusively(name, async (isOurs) => {
      try {
        while (!this.#stopped.signal.aborted && (await isOurs()) && (await this.#takePage()));
      } catch (error) {
        if (!this.#stopped.signal.aborted) await this.#failed(error);
      }
    });
  }

  /** @returns whether there may be more */
  async #takePage(): Promise<boolean> {
    const { name, page, steps, places, take, own, turn, log } = this.#options;
    await turn();
    const place = await this.#place();
    const found = await steps.after(place, page);
    if (found === undefined) {
      log.warn("the ledger is another one than was followed: it is followed from its beginning", { follower: name });
      if (own === undefined) await places.reach(name, EMPTY);
      else await own.reset();
      return true;
    }
    const last = found.at(-1)?.entry;
    if (last === undefined) return false;
    await take(found, this.#stopped.signal);
    if (own === undefined) await places.reach(name, { seq: last.seq, hash: last.hash });
    return found.length === page;
  }

  async #place(): Promise<Head> {
    const { name, places, own } = this.#options;
    return own === undefined ? ((await places.read(name))?.at ?? EMPTY) : await own.read();
  }

  async #failed(error: unknown): Promise<void> {
    const { name, places, now, log } = this.#options;
    const failures = ((await places.read(name))?.failures ?? 0) + 1;
    const waitMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures - 1, 10), LONGEST_RETRY_MS);
    const { message: problem } = asCoded(error);
    await places.failed(name, { failures, nextAt: now() + waitMs, problem });
    log.warn("what follows the ledger could not take it; it is tried again", { follower: name, inMs: waitMs, error });
  }
}
