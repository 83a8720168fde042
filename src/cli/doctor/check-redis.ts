import type { Redis } from "ioredis";
import { z } from "zod";
import { checkRedisSafety } from "../../redis/safety.ts";
import { findings, type Finding } from "./finding.ts";

/** From here on a deadline of one machine is noticeably another's, and from here on it is wrong. */
const SKEW_SEEN_MS = 1_000;
const SKEW_WRONG_MS = 30_000;

const time = z.tuple([z.coerce.number(), z.coerce.number()]);
const redisFound = findings("redis");
const clockFound = findings("clock");

/** Whether Redis keeps what it acknowledges, and whether its clock is ours. */
export async function checkRedis(redis: Redis, now: () => number): Promise<Finding[]> {
  const { problems, warnings, unchecked } = await checkRedisSafety(redis);
  const judged = [
    ...problems.map((text) => redisFound("problem", text, "in redis.conf, or with CONFIG SET and CONFIG REWRITE")),
    ...warnings.map((text) => redisFound("warning", text)),
    ...unchecked.map((text) => redisFound("warning", text, "ask who runs it")),
  ];
  const version = /redis_version:(\S+)/.exec(await redis.info("server").catch(() => ""))?.[1] ?? "of unknown version";
  const fine = problems.length + warnings.length + unchecked.length === 0;
  const said = `${version}, reached${fine ? "; it keeps what it acknowledges (appendonly yes, appendfsync always, noeviction)" : ""}`;
  return [redisFound("fine", said), ...judged, await skew(redis, now)];
}

/** Half of the way to Redis and back is the way its answer took. */
async function skew(redis: Redis, now: () => number): Promise<Finding> {
  const before = now();
  const [seconds, micros] = time.parse(await redis.time());
  const after = now();
  const skewMs = Math.round((before + after) / 2 - (seconds * 1_000 + micros / 1_000));
  const size = Math.abs(skewMs);
  const text = `this machine's clock is ${size} ms ${skewMs < 0 ? "behind" : "ahead of"} that of Redis (asked in ${after - before} ms)`;
  if (size < SKEW_SEEN_MS) return clockFound("fine", text);
  const hint = "synchronise both with NTP: deadlines are kept by each worker's own clock";
  return clockFound(size < SKEW_WRONG_MS ? "warning" : "problem", text, hint);
}
