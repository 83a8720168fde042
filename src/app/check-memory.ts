import { z } from "zod";
import type { Connection } from "../connection.ts";
import { checkedKey, checksKey } from "../ledger/keys.ts";

const checked = z.object({ at: z.int(), ok: z.boolean() });

/** What the last check of a target came to: when, epoch milliseconds, and whether it passed. */
export type Checked = z.output<typeof checked>;

/** What the checks of all targets came to, for all workers and for whoever measures. Kept in Redis, because it is no fact of any request. */
export class CheckMemory {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  /** The last one of a target; undefined where there was none. */
  async read(target: string): Promise<Checked | undefined> {
    return parse((await this.#redis.hget(checksKey, target)) ?? undefined);
  }

  /** The last one of each target that was ever checked, by its name. */
  async all(): Promise<ReadonlyMap<string, Checked>> {
    const found = Object.entries(await this.#redis.hgetall(checksKey));
    return new Map(
      found.flatMap(([target, text]) => {
        const read = parse(text);
        return read === undefined ? [] : [[target, read] as const];
      }),
    );
  }

  async remember(target: string, last: Checked): Promise<void> {
    await this.#redis.hset(checksKey, target, JSON.stringify(last));
  }

  /** Whether this process is the one to check a target, for so many milliseconds. */
  async claim(target: string, forMs: number): Promise<boolean> {
    return (await this.#redis.set(checkedKey(target), "1", "PX", forMs, "NX")) === "OK";
  }
}

/** What a later version wrote otherwise is as good as never checked. */
function parse(text: string | undefined): Checked | undefined {
  if (text === undefined) return undefined;
  try {
    return checked.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
