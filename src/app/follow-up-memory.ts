import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";

const FAILED = `${HASH_TAG}:follow-ups`;
/** Longer than a try takes. */
const CLAIM_MS = 30_000;

const failureSchema = z.object({ failures: z.int(), nextAt: z.int(), problem: z.string() });

/** A follow-up that could not be sent yet. */
export type FollowUpFailure = z.output<typeof failureSchema>;

/** Which follow-ups could not be sent yet, and who is at one: shared by all workers, and by doctor. What was sent, the ledger knows. */
export class FollowUpMemory {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  /** By follow-up, as `BG-7K3M2Q-1`. */
  async failures(): Promise<Map<string, FollowUpFailure>> {
    const found = Object.entries(await this.#redis.hgetall(FAILED));
    return new Map(found.map(([key, json]) => [key, failureSchema.parse(JSON.parse(json))]));
  }

  async failed(key: string, failure: FollowUpFailure): Promise<void> {
    await this.#redis.hset(FAILED, key, JSON.stringify(failure));
  }

  async forget(key: string): Promise<void> {
    await this.#redis.hdel(FAILED, key);
  }

  /** Whether a follow-up is ours to send for the next half minute. */
  async claim(key: string): Promise<boolean> {
    return (await this.#redis.set(`${HASH_TAG}:sending:${key}`, "1", "PX", CLAIM_MS, "NX")) === "OK";
  }

  async release(key: string): Promise<void> {
    await this.#redis.del(`${HASH_TAG}:sending:${key}`);
  }
}
