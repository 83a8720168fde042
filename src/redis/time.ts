import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";

const time = z.tuple([z.coerce.number(), z.coerce.number()]);

/**
 * What the clock of the Redis that has our keys says, epoch milliseconds.
 *
 * A script, because a Cluster has as many clocks as servers, and a command without a key goes to any of them.
 */
export async function redisTime(redis: Connection): Promise<number> {
  const [seconds, micros] = time.parse(await redis.eval("return redis.call('TIME')", 1, HASH_TAG));
  return seconds * 1_000 + micros / 1_000;
}
