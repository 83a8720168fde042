import { setTimeout } from "node:timers/promises";

/**
 * Calls something a number of times at a fixed rate, whatever the earlier calls do: as a crowd would, who don't wait for
 * each other.
 *
 * @param options - `perSecond`: the rate; `count`: how often; `send`: gets 0, 1, 2, …
 * @returns what the calls gave, in order
 */
export async function atRate<T>(options: {
  readonly perSecond: number;
  readonly count: number;
  readonly send: (nth: number) => Promise<T>;
}): Promise<T[]> {
  const { perSecond, count, send } = options;
  const began = performance.now();
  const sent: Promise<T>[] = [];
  for (let nth = 0; nth < count; nth++) {
    const waitMs = began + (nth * 1_000) / perSecond - performance.now();
    if (waitMs > 0) await setTimeout(waitMs);
    sent.push(send(nth));
  }
  return await Promise.all(sent);
}
