import { Cluster } from "ioredis";
import { counted } from "../../domain/text.ts";
import type { Connection } from "../../connection.ts";
import { checkRedisSafety } from "../../redis/safety.ts";
import { serversOf } from "../../redis/servers.ts";
import { redisTime } from "../../redis/time.ts";
import { findings, type Finding } from "./finding.ts";

/** From here on a deadline of one machine is noticeably another's, and from here on it is wrong. */
const SKEW_SEEN_MS = 1_000;
const SKEW_WRONG_MS = 30_000;

const redisFound = findings("redis");
const clockFound = findings("clock");

/** Whether Redis keeps what it acknowledges, with every replica that may take its place, and whether its clock is ours. */
export async function checkRedis(redis: Connection, now: () => number): Promise<Finding[]> {
  const { problems, warnings, unchecked } = await checkRedisSafety(redis);
  const judged = [
    ...problems.map((text) => redisFound("problem", text, "in redis.conf, or with CONFIG SET and CONFIG REWRITE")),
    ...warnings.map((text) => redisFound("warning", text)),
    ...unchecked.map((text) => redisFound("warning", text, "ask who runs it")),
  ];
  const fine = problems.length + warnings.length + unchecked.length === 0;
  const said = `${await reached(redis)}${fine ? "; it keeps what it acknowledges (appendonly yes, appendfsync always, noeviction)" : ""}`;
  return [redisFound("fine", said), ...judged, await skew(redis, now)];
}

/** Which version, and who else may take its place. */
async function reached(redis: Connection): Promise<string> {
  const [master, ...replicas] = await serversOf(redis);
  for (const { close } of replicas) close();
  const info = await master?.redis.info("server").catch(() => "");
  const version = /redis_version:(\S+)/.exec(info ?? "")?.[1] ?? "of unknown version";
  if (!(redis instanceof Cluster) && !redis.options.sentinels) return `${version}, reached`;
  const place = redis instanceof Cluster ? "Cluster" : "Sentinel";
  return `${version}, reached by ${place} at ${master?.name ?? "no server"}; ${counted(replicas.length, "replica", "replicas")}`;
}

/** Half of the way to Redis and back is the way its answer took. */
async function skew(redis: Connection, now: () => number): Promise<Finding> {
  const before = now();
  const theirs = await redisTime(redis);
  const after = now();
  const skewMs = Math.round((before + after) / 2 - theirs);
  const size = Math.abs(skewMs);
  const text = `this machine's clock is ${size} ms ${skewMs < 0 ? "behind" : "ahead of"} that of Redis (asked in ${after - before} ms)`;
  if (size < SKEW_SEEN_MS) return clockFound("fine", text);
  const hint = "synchronise both with NTP";
  return clockFound(size < SKEW_WRONG_MS ? "warning" : "problem", text, hint);
}
