import type { Redis } from "ioredis";
import { z } from "zod";

const LIMIT_MS = "5000";
const streamSchema = z.tuple([z.tuple([z.string(), z.array(z.tuple([z.string(), z.array(z.string())]))])]);

/** The moment at which the request's GrantSucceeded stands in the ledger, as Redis tells who waits for it. */
export async function succeeded(redis: Redis, id: string): Promise<number> {
  const chain = "{breakglass}:chain";
  let last = (await redis.xrevrange(chain, "+", "-", "COUNT", 1))[0]?.[0] ?? "0";
  for (;;) {
    const found = await redis.xread("BLOCK", LIMIT_MS, "STREAMS", chain, last);
    const at = performance.now();
    if (found === null) throw new Error(`${id} was not granted`);
    const [[, entries]] = streamSchema.parse(found);
    last = entries.at(-1)?.[0] ?? last;
    const mine = entries.some(([, [, entry = ""]]) => entry.includes(id) && entry.includes(`"GrantSucceeded"`));
    if (mine) return at;
  }
}
