import type { RequestHandler } from "express";

/** How many calls a route takes: `perSecond` for ever, and `burst` at once. */
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

  /** Takes one. @returns in how many seconds there is another, or undefined when there was one */
  take(address: string): number | undefined {
    const { perSecond, burst } = this.#rate;
    const at = this.#now();
    const before = this.#left.get(address);
    const left = before === undefined ? burst : Math.min(burst, before.left + ((at - before.at) / 1_000) * perSecond);
    this.#left.delete(address);
    this.#left.set(address, { left: left >= 1 ? left - 1 : left, at });
    const [oldest] = this.#left.keys();
    if (this.#left.size > ADDRESSES_MAX && oldest !== undefined) this.#left.delete(oldest);
    return left >= 1 ? undefined : Math.ceil((1 - left) / perSecond);
  }
}

/** Refuses with 429 whoever calls more often, by their address (`TRUSTED_PROXIES` says whose word is taken for that). */
export function throttled(rate: Rate, now: () => number = () => performance.now()): RequestHandler {
  const throttle = new Throttle(rate, now);
  return (request, response, next) => {
    const waitS = throttle.take(request.ip ?? "");
    if (waitS === undefined) next();
    else response.status(429).set("retry-after", String(waitS)).end();
  };
}
