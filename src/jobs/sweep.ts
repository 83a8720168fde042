import type { Log } from "../log.ts";

/** How often every worker looks at what is due, whatever the queues say. */
const PERIOD_MS = 1_000;
/** setTimeout can't count further (2^31-1 ms), and nothing needs it to: the sweep arms anew each second. */
const FURTHEST_MS = 60_000;
const PAGE = 1_000;

export interface SweepOptions {
  /** Requests that fell due after one moment and by another, the most pressing first. @throws when the ledger is away */
  readonly due: (after: number, by: number, limit: number) => Promise<string[]>;
  /** The first look of all that is wanted after a moment. */
  readonly nextDue: (after: number) => Promise<number | undefined>;
  readonly look: (id: string) => Promise<void>;
  /** What else is done each second, one after the other; each failure is logged and stops nothing. */
  readonly rounds: Readonly<Record<string, () => Promise<void>>>;
  /** What is done instead while the ledger is away. Never throws. */
  readonly withoutLedger: () => Promise<void>;
  /** The first moment after a given one at which there will be something to do without the ledger, as far as is known. */
  readonly nextWithoutLedger: (after: number) => number | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * The second clock: plain timers in every worker, not jobs. Each second it looks at everything due, whatever its rounds are at;
 * between, one more timer stands for the nearest deadline and looks at what falls due just then, so that lateness does not hang on Redis's own.
 */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #periods: NodeJS.Timeout[] = [];
  #nearest: NodeJS.Timeout | undefined;
  #nearestAt = Infinity;
  /** What fell due until then was looked at once. */
  #seenTo = -Infinity;
  #looking: Promise<void> | undefined;
  #round: Promise<void> | undefined;
  #away = false;
  readonly #looks = new Set<Promise<void>>();

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  /** Begins to look at what is due, now and each second. No round is waited for: one may take as long as a recovery does. */
  watch(): void {
    const look = (): void => {
      this.#looking ??= this.#lookAtDue(-Infinity).finally(() => (this.#looking = undefined));
    };
    look();
    this.#periods.push(setInterval(look, PERIOD_MS));
  }

  /** Begins the rounds, each second. Resolves after the first one. */
  async startRounds(): Promise<void> {
    await this.#everyRound();
    this.#periods.push(
      setInterval(() => {
        this.#round ??= this.#everyRound().finally(() => (this.#round = undefined));
      }, PERIOD_MS),
    );
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
        // What was due before and is looked at already is not looked at again for each that falls due now.
        this.#begin(this.#lookAtDue(this.#seenTo));
      },
      Math.max(0, inMs),
    );
  }

  /** Stops the timers, and waits for a round and for looks under way. */
  async stop(): Promise<void> {
    for (const period of this.#periods) clearInterval(period);
    clearTimeout(this.#nearest);
    // Nothing is armed any more.
    this.#nearestAt = -Infinity;
    await Promise.all([this.#looking, this.#round]);
    while (this.#looks.size > 0) await Promise.all(this.#looks);
  }

  async #everyRound(): Promise<void> {
    const { rounds, log } = this.#options;
    for (const [name, round] of Object.entries(rounds)) {
      await round().catch((error: unknown) => {
        log.warn(`${name} failed; the next round tries again`, { error });
      });
    }
  }

  async #lookAtDue(after: number): Promise<void> {
    const { due, nextDue, look, now, log } = this.#options;
    const by = now();
    this.#seenTo = by;
    const wasAway = this.#away;
    // What falls due doesn't wait until it is found to be away once more.
    if (wasAway) this.#goOnWithout(by);
    try {
      const ids = await due(after, by, PAGE);
      if (this.#away) log.info("the ledger is back");
      this.#away = false;
      // Not awaited: one slow target must not hold the next look at the others.
      for (const id of ids) this.#begin(this.#lookAt(id, look));
      const next = await nextDue(by);
      if (next !== undefined) this.arm(next);
    } catch (error) {
      if (!wasAway) log.error("the ledger is away: nothing is granted, revokes go on from what is known", { error });
      this.#away = true;
      if (!wasAway) this.#goOnWithout(by);
    }
  }

  #goOnWithout(by: number): void {
    const { withoutLedger, nextWithoutLedger } = this.#options;
    // Not awaited: what hangs at one target must not keep the next round from what falls due then.
    void withoutLedger();
    const next = nextWithoutLedger(by);
    if (next !== undefined) this.arm(next);
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
