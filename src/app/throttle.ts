/** How many calls are taken: `perSecond` for ever, and `burst` at once. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** Addresses that are remembered at once: beyond that, the one that was quiet longest is forgotten. */
const ADDRESSES_MAX = 10_000;

/** Counts what each address may still do; a bucket that fills up again as time goes by. */
export class Throttle {
  readonly #rate: Rate;
  readonly #now: () => number;
  readonly #left = new Map<string, { left: number; at: number }>();

  /** @param now - milliseconds that only go forward */
  constructor(rate: Rate, now: () => number) {
    this.#rate = rate;
    this.#now = now;
  }

  /** Whether nothing is left for an address; takes nothing. */
  isSpent(address: string): boolean {
    return this.#leftOf(address) < 1;
  }

  /** Takes one. @returns in how many seconds there is another, or undefined when there was one */
  take(address: string): number | undefined {
    const at = this.#now();
    const left = this.#leftOf(address);
    this.#left.delete(address);
    this.#left.set(address, { left: left >= 1 ? left - 1 : left, at });
    const [oldest] = this.#left.keys();
    if (this.#left.size > ADDRESSES_MAX && oldest !== undefined) this.#left.delete(oldest);
    return left >= 1 ? undefined : Math.ceil((1 - left) / this.#rate.perSecond);
  }

  #leftOf(address: string): number {
    const { perSecond, burst } = this.#rate;
    const before = this.#left.get(address);
    return before === undefined
      ? burst
      : Math.min(burst, before.left + ((this.#now() - before.at) / 1_000) * perSecond);
  }
}

/**
 * Of calls that chat's doors refuse. What is good is let in however many are bad, also from the same address (a proxy's): or whoever
 * sends rubbish could keep a platform out.
 */
export const REFUSED: Rate = { perSecond: 1, burst: 300 };
