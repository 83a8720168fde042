import type { Redis } from "ioredis";
import { within } from "../app/within.ts";
import type { Log } from "../log.ts";

/** Asking Redis may not cost an answer its second. */
const ASK_LIMIT_MS = 150;

/**
 * Remembers signatures, in this process and for all replicas in Redis. With Redis away only this process remembers: nothing
 * can be recorded then either, so nothing can be replayed.
 */
export function replayMemory(
  redis: Redis,
  now: () => number,
  log: Log,
): (signature: string, forMs: number) => Promise<boolean> {
  const seen = new Map<string, number>();

  function forget(): void {
    for (const [signature, until] of seen) {
      if (until > now()) return;
      seen.delete(signature);
    }
  }

  return async (signature, forMs) => {
    forget();
    if (seen.has(signature)) return false;
    seen.set(signature, now() + forMs);
    try {
      const set = redis.set(`{breakglass}:seen:${signature}`, "1", "PX", forMs, "NX");
      return (await within(ASK_LIMIT_MS, set, () => new Error("Redis does not answer"))) !== null;
    } catch (error) {
      log.debug("a signature could not be remembered for the other replicas", { error });
      return true;
    }
  };
}
