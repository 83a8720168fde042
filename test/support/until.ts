import { setTimeout } from "node:timers/promises";

/** Longer than a lock stands whose holder never heard that it has it (15 s), on a busy machine. */
const LIMIT_MS = 25_000;

/**
 * Waits until something is there, and says what was there instead if it never comes.
 *
 * @param look - gives it, or undefined while it isn't there
 * @param what - its name in the error
 * @param instead - what stands there, for the error
 */
export async function until<T extends object | string | number | true>(
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
  instead: () => string = () => "",
): Promise<T> {
  const end = Date.now() + LIMIT_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > end)
      throw new Error(`${what} did not come within ${LIMIT_MS / 1_000} s. There was:\n${instead()}`);
    await setTimeout(10);
  }
}
