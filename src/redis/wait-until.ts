import { setTimeout as sleep } from "node:timers/promises";

/**
 * Asks again and again until the answer is yes. Gives the last answer.
 *
 * @param condition - what is asked
 * @param options - `limitMs`: when to give up; `everyMs`: the pause between two questions
 */
export async function waitUntil(
  condition: () => boolean | Promise<boolean>,
  options: { limitMs: number; everyMs: number },
): Promise<boolean> {
  const limit = AbortSignal.timeout(options.limitMs);
  while (!(await condition())) {
    if (limit.aborted) return false;
    await sleep(options.everyMs);
  }
  return true;
}
