import { HASH_TAG, type Connection } from "../connection.ts";
import { within } from "./within.ts";
import type { Log } from "../log.ts";

/** Asking Redis may not cost an answer its second. */
const ASK_LIMIT_MS = 150;

/** An answer is news of Redis for so long, in milliseconds. */
const NEWS_MS = 100;

/** What was received before. */
export interface ReplayMemory {
  /** Whether Redis answered the last question of these, a moment ago. */
  readonly isAnswering: () => boolean;
  /** Whether a name is new to this process, which knows it from here on. */
  readonly isNewHere: (name: string, forMs: number) => boolean;
  /** Whether another replica knows it; false where that can't be told in time. */
  readonly isKnownElsewhere: (name: string) => Promise<boolean>;
  /** Lets the other replicas know it too; never fails. */
  readonly share: (name: string, forMs: number) => Promise<void>;
  /** Both in one step: of several that ask at the same moment, one alone is told that it is new. */
  readonly claim: (name: string, forMs: number) => Promise<boolean>;
}

/**
 * Remembers, in this process and for all replicas in Redis. With Redis away only this process remembers: nothing can be
 * recorded then either, so nothing can be replayed.
 */
export function replayMemory(redis: Connection, now: () => number, log: Log): ReplayMemory {
  const seen = new Map<string, number>();
  let answeredAt = -Infinity;

  function isNewHere(name: string, forMs: number): boolean {
    for (const [each, until] of seen) {
      if (until > now()) break;
      seen.delete(each);
    }
    if (seen.has(name)) return false;
    seen.set(name, now() + forMs);
    return true;
  }

  async function asked<T>(call: Promise<T>, otherwise: T): Promise<T> {
    try {
      const answer = await within(ASK_LIMIT_MS, call, () => new Error("Redis does not answer"));
      answeredAt = performance.now();
      return answer;
    } catch (error) {
      answeredAt = -Infinity;
      log.debug("what was received could not be held against the other replicas'", { error });
      return otherwise;
    }
  }

  const keyOf = (name: string): string => `${HASH_TAG}:seen:${name}`;
  const set = (name: string, forMs: number): Promise<"OK" | null> => redis.set(keyOf(name), "1", "PX", forMs, "NX");
  return {
    isAnswering: () => performance.now() - answeredAt < NEWS_MS,
    isNewHere,
    isKnownElsewhere: async (name) => (await asked(redis.exists(keyOf(name)), 0)) === 1,
    share: async (name, forMs) => {
      await asked(set(name, forMs), null);
    },
    claim: async (name, forMs) => isNewHere(name, forMs) && (await asked(set(name, forMs), "OK")) !== null,
  };
}
