/** How often something may be done: `burst` at once, then `perSecond`. */
export type Rate = { perSecond: number; burst: number };

/** Token buckets, one a key. */
export class RateLimits {
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  /** @param now - milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * Takes one token.
   *
   * @param key - what is limited, such as a channel
   * @param rate - how often it may be done
   * @returns 0 if it may be done now, otherwise the whole seconds to wait, as in `Retry-After`
   */
  take(key: string, rate: Rate): number {
    const now = this.#now();
    const bucket = this.#buckets.get(key) ?? { tokens: rate.burst, at: now };
    const tokens = Math.min(rate.burst, bucket.tokens + (Math.max(0, now - bucket.at) / 1000) * rate.perSecond);
    const enough = tokens >= 1;
    this.#buckets.set(key, { tokens: enough ? tokens - 1 : tokens, at: now });
    return enough ? 0 : Math.max(1, Math.ceil((1 - tokens) / rate.perSecond));
  }
}
