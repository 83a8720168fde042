import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { Redis } from "ioredis";
import { parseHead } from "../../src/ledger/standing.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { mirrorPath } from "../../src/ledger/mirror.ts";
import type { TestRedis } from "../support/redis.ts";

/** How long it is waited for that every mirror holds what Redis is to lose. */
const HELD_MS = 3_000;

/**
 * Redis loses what every mirror holds, and nothing else: what only a worker has that is dead just then makes a fork when it comes
 * back, and that is for a person to heal.
 */
export class Loss {
  readonly #redis: TestRedis;
  readonly #connection: Redis;
  readonly #dataDirs: readonly string[];

  constructor(redis: TestRedis, connection: Redis, dataDirs: readonly string[]) {
    this.#redis = redis;
    this.#connection = connection;
    this.#dataDirs = dataDirs;
  }

  /** Empties it. @returns false when it came to no moment at which that can be healed */
  async flush(): Promise<boolean> {
    const redis = this.#connection;
    return await soon(async () => {
      await redis.watch(KEYS.head);
      // Whoever appends between the two keeps it from being done.
      if (await this.#isHeld()) return (await redis.multi().flushall().exec()) !== null;
      await redis.unwatch();
      return false;
    });
  }

  /** Kills it, and starts it without the last bytes of its append-only file. @returns as {@link flush} */
  async cut(bytes: number): Promise<boolean> {
    await this.#connection.client("PAUSE", 2 * HELD_MS, "WRITE");
    if (!(await soon(() => this.#isHeld()))) {
      await this.#connection.client("UNPAUSE");
      return false;
    }
    await this.#redis.kill();
    await this.#redis.restart({ cutBytes: bytes });
    return true;
  }

  async #isHeld(): Promise<boolean> {
    const { seq } = parseHead(await this.#connection.get(KEYS.head));
    const held = await Promise.all(this.#dataDirs.map((dir) => linesOf(mirrorPath(dir))));
    return held.every((lines) => lines >= seq);
  }
}

async function linesOf(path: string): Promise<number> {
  const text = await readFile(path, "utf8").catch(() => "");
  return text.split("\n").length - 1;
}

async function soon(look: () => Promise<boolean>): Promise<boolean> {
  const end = Date.now() + HELD_MS;
  while (Date.now() < end) {
    if (await look()) return true;
    await setTimeout(20);
  }
  return false;
}
