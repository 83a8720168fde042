import type { Log } from "../log.ts";

/** How often every worker looks at what is due, whatever the queues say. */
const PERIOD_MS = 1_000;
/** setTimeout can't count further (2^31-1 ms), and nothing needs it to: the sweep arms anew each second. */
const FURTHEST_MS = 60_000;
const PAGE = 1_000;

export interface SweepOptions {
  /** Requests due by a moment, the most pressing first. @throws when the ledger is away */
  readonly due: (by: number, limit: number) => Promise<string[]>;
  /** The first look of all that is wanted after a moment. */
  readonly nextDue: (after: number) => Promise<number | undefined>;
  readonly look: (id: string) => Promise<void>;
  /** What else each round does; each failure is logged and stops nothing. */
  readonly rounds: Readonly<Record<string, () => Promise<void>>>;
  /** What is done instead while the ledger is away. Never throws. */
  readonly withoutLedger: () => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * The second clock: a plain timer in every worker, not a job. It looks at everything due each second, and arms one more
 * timer for the nearest deadline, so that lateness does not hang on Redis's own.
 */
export class Sweep {
  readonly #options: SweepOptions;
  #period: NodeJS.Timeout | undefined;
  #nearest: NodeJS.Timeout | undefined;
  #nearestAt = Infinity;
  #sweeping: Promise<void> | undefined;
  #next: Promise<void> | undefined;
  #away = false;
  readonly #looks = new Set<Promise<void>>();

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** Looks once at everything due, and begins to do so each second. Resolves after the first time. */
  async start(): Promise<void> {
    await this.now();
    this.#period = setInterval(() => void this.now(), PERIOD_MS);
  }

  /** Looks at everything due. Never throws. Who comes while a round runs gets one that begins after they came. */
  async now(): Promise<void> {
    const under = this.#sweeping;
    if (under === undefined) {
      this.#sweeping = this.#round().finally(() => (this.#sweeping = undefined));
      await this.#sweeping;
      return;
    }
    this.#next ??= under.then(() => {
      this.#next = undefined;
      return this.now();
    });
    await this.#next;
  }

  /** Makes sure that somebody looks at a moment. */
  arm(at: number): void {
    if (at >= this.#nearestAt) return;
    const inMs = at - this.#options.now();
    if (inMs > FURTHEST_MS) return;
    clearTimeout(this.#nearest);
    this.#nearestAt = at;
    this.#nearest = setTimeout(
      () => {
        this.#nearestAt = Infinity;
        void this.now();
      },
      Math.max(0, inMs),
    );
  }

  /** Stops the timers, and waits for a round and for looks under way. */
  async stop(): Promise<void> {
    clearInterval(this.#period);
    clearTimeout(this.#nearest);
    await this.#next;
    await this.#sweeping;
    await Promise.all(this.#looks);
  }

  async #round(): Promise<void> {
    const { due, nextDue, look, now, withoutLedger, rounds, log } = this.#options;
    try {
      const ids = await due(now(), PAGE);
      if (this.#away) log.info("the ledger is back");
      this.#away = false;
      // Not awaited together with the rest of the round: one slow target must not hold the next look at the others.
      for (const id of ids) this.#begin(this.#lookAt(id, look));
      const next = await nextDue(now());
      if (next !== undefined) this.arm(next);
    } catch (error) {
      if (!this.#away) log.error("the ledger is away: nothing is granted, revokes go on from what is known", { error });
      this.#away = true;
      // Not awaited: what hangs at one target must not keep the next round from what falls due then.
      void withoutLedger();
    }
    for (const [name, round] of Object.entries(rounds)) {
      await round().catch((error: unknown) => {
        log.warn(`${name} failed; the next round tries again`, { error });
      });
    }
  }

  #begin(looking: Promise<void>): void {
    this.#looks.add(looking);
    void looking.finally(() => this.#looks.delete(looking));
  }

  async #lookAt(id: string, look: (id: string) => Promise<void>): Promise<void> {
    try {
      await look(id);
    } catch (error) {
      this.#options.log.warn("a look failed; the next round looks again", { request: id, error });
    }
  }
}
