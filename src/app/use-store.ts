import { setImmediate } from "node:timers/promises";
import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";
import { useSchema, type Use } from "../domain/insights/use.ts";
import { run, script } from "../ledger/script-runner.ts";

const DAY_MS = 86_400_000;
/** So many days are asked for in one go, and so many requests are parsed: what comes from people comes between. */
const DAYS_AT_ONCE = 2;
const USES_AT_ONCE = 500;
/** A later form of what is kept is a form of its own: what an earlier version kept is then made anew. */
const FORM = "1";

const HEAD = `${HASH_TAG}:uses`;
const DAYS = `${HASH_TAG}:uses:days`;
const dayPrefix = `${HASH_TAG}:uses:`;

/**
 * Keeps what some entries came to, if nobody else has come further meanwhile.
 *
 * KEYS[1] up to which entry everything is kept, [2] the days of which something is kept
 * ARGV[1] what [1] must hold, or empty for nothing
 * ARGV[2] what it holds afterwards
 * ARGV[3] what a day's key begins with
 * ARGV[4] 1 to forget first what is kept
 * ARGV[5..] day, request's id, and what is kept of it
 *
 * Output: 1, or 0 where [1] holds something else, and nothing was changed
 */
const KEEP = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[4] == '1' then
  for _, day in ipairs(redis.call('SMEMBERS', KEYS[2])) do redis.call('DEL', ARGV[3] .. day) end
  redis.call('DEL', KEYS[2])
end
for i = 5, #ARGV, 3 do
  redis.call('SADD', KEYS[2], ARGV[i])
  redis.call('HSET', ARGV[3] .. ARGV[i], ARGV[i + 1], ARGV[i + 2])
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`;
const keep = script(KEEP);
const lines = z.array(z.string());

/** Up to which entry it is kept what requests came to. */
export interface KeptTo {
  /** As it stands in Redis; empty where nothing is kept. */
  readonly word: string;
  readonly seq: number;
  readonly hash: string;
}

/** What insights need of each request, kept in Redis by the day it was opened on. It follows from the ledger, and can be made anew. */
export class UseStore {
  readonly #redis: Connection;

  /** @param redis - a connection that fails fast rather than waits */
  constructor(redis: Connection) {
    this.#redis = redis;
  }

  async keptTo(): Promise<KeptTo> {
    const word = (await this.#redis.get(HEAD)) ?? "";
    const [, seq, hash] = new RegExp(`^${FORM} (\\d+) ([0-9a-f]{64})$`).exec(word) ?? [];
    return { word, seq: Number(seq ?? 0), hash: hash ?? "" };
  }

  /**
   * Keeps what requests came to by an entry.
   *
   * @param from - up to where it was kept before; `seq` 0 where that counts no longer, and is forgotten
   * @param to - the entry
   * @returns false when somebody else came further meanwhile, and nothing was kept
   */
  async keep(
    from: KeptTo,
    to: { readonly seq: number; readonly hash: string },
    uses: readonly Use[],
  ): Promise<KeptTo | undefined> {
    const word = `${FORM} ${to.seq} ${to.hash}`;
    const kept = uses.flatMap((use) => [dayOf(use.openedAt), use.id, JSON.stringify(use)]);
    const args = [from.word, word, dayPrefix, from.seq === 0 ? "1" : "0", ...kept];
    return (await run(this.#redis, keep, [HEAD, DAYS], args)) === 1 ? { word, ...to } : undefined;
  }

  /** What requests came to that were opened from one moment on and before another, some at a time. */
  async *between(from: number, to: number): AsyncGenerator<readonly Use[]> {
    const all = lines.parse(await this.#redis.smembers(DAYS)).sort();
    const days = all.filter((day) => day >= dayOf(from) && day <= dayOf(to));
    for (let at = 0; at < days.length; at += DAYS_AT_ONCE) {
      const asked = days.slice(at, at + DAYS_AT_ONCE).map((day) => this.#redis.hvals(dayPrefix + day));
      for (const found of await Promise.all(asked)) yield* parsed(found);
    }
  }
}

async function* parsed(found: readonly string[]): AsyncGenerator<readonly Use[]> {
  for (let at = 0; at < found.length; at += USES_AT_ONCE) {
    yield found.slice(at, at + USES_AT_ONCE).map((line) => useSchema.parse(JSON.parse(line)));
    await setImmediate();
  }
}

function dayOf(at: number): string {
  return new Date(Math.floor(at / DAY_MS) * DAY_MS).toISOString().slice(0, 10);
}
