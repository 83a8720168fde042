import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";
import { EMPTY, type Head } from "../ledger/entry.ts";
import { RELEASE, RENEW } from "./lock-scripts.ts";

const PLACES = `${HASH_TAG}:followed`;
/** Longer than anything that is done between two looks at it. */
const CLAIM_MS = 30_000;

const placeSchema = z.object({
  at: z.object({ seq: z.int(), hash: z.string() }),
  failures: z.int(),
  nextAt: z.int(),
  problem: z.string().optional(),
});

/** How far somebody who follows the ledger came, and how often in a row it could not go on. */
export type FollowerPlace = z.output<typeof placeSchema>;

/** How far each of those came who follow the ledger, and which worker is at it: shared by all workers, and by doctor. */
export class FollowerPlaces {
  readonly #redis: Connection;
  readonly #token: () => string;

  /** @param token - fresh random text */
  constructor(redis: Connection, token: () => string) {
    this.#redis = redis;
    this.#token = token;
  }

  /** Undefined for one that never began. */
  async read(name: string): Promise<FollowerPlace | undefined> {
    const json = await this.#redis.hget(PLACES, name);
    return json === null ? undefined : placeSchema.parse(JSON.parse(json));
  }

  /** It took everything up to a place. */
  async reach(name: string, at: Head): Promise<void> {
    await this.#write(name, { at: { seq: at.seq, hash: at.hash }, failures: 0, nextAt: 0 });
  }

  /** It could not take what comes next. */
  async failed(name: string, failure: Omit<FollowerPlace, "at">): Promise<void> {
    await this.#write(name, { at: (await this.read(name))?.at ?? EMPTY, ...failure });
  }

  async #write(name: string, place: FollowerPlace): Promise<void> {
    await this.#redis.hset(PLACES, name, JSON.stringify(place));
  }

  /**
   * Does something that only one worker does at a time. Nothing is done where another is at it.
   *
   * @param work - is told how to find out whether it is still the one; that also lets it go on for longer
   */
  async exclusively(name: string, work: (isOurs: () => Promise<boolean>) => Promise<void>): Promise<void> {
    const [key, token] = [`${HASH_TAG}:following:${name}`, this.#token()];
    if ((await this.#redis.set(key, token, "PX", CLAIM_MS, "NX")) === null) return;
    try {
      await work(async () => (await this.#redis.eval(RENEW, 1, key, token, CLAIM_MS)) === 1);
    } finally {
      await this.#redis.eval(RELEASE, 1, key, token);
    }
  }
}
