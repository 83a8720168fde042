import type { Redis } from "ioredis";
import type { Connection } from "../connection.ts";
import { isNewEnough, OLDEST_REDIS } from "./redis-server.ts";
import { serversOf, type Server } from "./servers.ts";

/** What a Redis says about itself; a setting it doesn't tell is absent. */
export interface RedisFacts {
  readonly version?: string | undefined;
  readonly appendonly?: string | undefined;
  readonly maxmemoryPolicy?: string | undefined;
  readonly appendfsync?: string | undefined;
  /** How many replicas follow it now. */
  readonly replicas?: number | undefined;
  /** `min-replicas-to-write`. */
  readonly minReplicas?: string | undefined;
}

/** Sentences that say what to set. Only `problems` are reasons not to start. */
export interface RedisSafety {
  readonly problems: string[];
  readonly warnings: string[];
  readonly unchecked: string[];
}

/**
 * Whether a Redis keeps what it acknowledges (design, section 5, Durability): the server that has our keys, and every replica
 * that may take its place.
 *
 * @param redis - a connection that answers
 */
export async function checkRedisSafety(redis: Connection): Promise<RedisSafety> {
  const servers = await serversOf(redis);
  try {
    const judged = await Promise.all(servers.map((server) => judgeServer(server, servers.length > 1)));
    return {
      problems: judged.flatMap(({ problems }) => problems),
      warnings: judged.flatMap(({ warnings }) => warnings),
      unchecked: judged.flatMap(({ unchecked }) => unchecked),
    };
  } finally {
    for (const { close } of servers) close();
  }
}

/** A replica that can't be asked may be down, which is no reason not to start. */
async function judgeServer({ name, role, redis }: Server, isOneOfSeveral: boolean): Promise<RedisSafety> {
  try {
    const { problems, warnings, unchecked } = judgeRedis(await readFacts(redis));
    if (!isOneOfSeveral) return { problems, warnings, unchecked };
    const about = (texts: readonly string[]) => texts.map((text) => `${name} (${role}): ${text}`);
    return { problems: about(problems), warnings: about(warnings), unchecked: about(unchecked) };
  } catch (error) {
    if (role === "master") throw error;
    return { problems: [], warnings: [], unchecked: [`${name} (${role}): it could not be asked what it keeps.`] };
  }
}

/**
 * The judgement alone.
 *
 * @param facts - what the Redis said
 */
export function judgeRedis(facts: RedisFacts): RedisSafety {
  const { version, appendonly, maxmemoryPolicy, appendfsync, replicas = 0, minReplicas = "0" } = facts;
  const problems: string[] = [];
  const warnings: string[] = [];
  const unchecked: string[] = [];

  if (version === undefined) {
    unchecked.push(`Redis does not tell its version; it must be ${OLDEST_REDIS} or newer.`);
  } else if (!isNewEnough(version)) {
    problems.push(`Redis is version ${version}. Use ${OLDEST_REDIS} or newer.`);
  }
  if (appendonly === undefined) {
    unchecked.push("Redis does not tell whether it keeps an append-only file; it must run with `appendonly yes`.");
  } else if (appendonly !== "yes") {
    problems.push("Redis would forget the ledger when it restarts. Set `appendonly yes`.");
  }
  if (maxmemoryPolicy === undefined) {
    unchecked.push(
      "Redis does not tell what it does when memory is full; it must run with `maxmemory-policy noeviction`.",
    );
  } else if (maxmemoryPolicy !== "noeviction") {
    problems.push(
      `Redis may drop parts of the ledger when memory is full (\`${maxmemoryPolicy}\`). Set \`maxmemory-policy noeviction\`.`,
    );
  }
  if (appendfsync === undefined) {
    unchecked.push("Redis does not tell when it writes to disk; it should run with `appendfsync always`.");
  } else if (appendfsync !== "always") {
    warnings.push(
      `Redis may lose its last writes when the machine fails (\`appendfsync ${appendfsync}\`). Set \`appendfsync always\`.`,
    );
  }
  // With one replica alone it would take no entry for as long as that one is away.
  if (replicas >= 2 && minReplicas === "0") {
    warnings.push(
      `Redis would go on taking entries when it is cut off from its ${replicas} replicas, and a failover would throw them away. Set \`min-replicas-to-write 1\` and \`min-replicas-max-lag 10\`.`,
    );
  }
  return { problems, warnings, unchecked };
}

/** Hosted services close CONFIG but often leave INFO open, which tells all but `appendfsync`. */
async function readFacts(redis: Redis): Promise<RedisFacts> {
  const info = await infoOf(redis);
  const aof = info.get("aof_enabled");
  return {
    version: info.get("redis_version"),
    appendonly: (await configOf(redis, "appendonly")) ?? (aof && (aof === "1" ? "yes" : "no")),
    maxmemoryPolicy: (await configOf(redis, "maxmemory-policy")) ?? info.get("maxmemory_policy"),
    appendfsync: await configOf(redis, "appendfsync"),
    replicas: Number(info.get("connected_slaves") ?? 0),
    // INFO counts the replicas that are good enough only where some have to be.
    minReplicas: (await configOf(redis, "min-replicas-to-write")) ?? (info.has("min_slaves_good_slaves") ? "1" : "0"),
  };
}

async function infoOf(redis: Redis): Promise<Map<string, string>> {
  const text = await unlessClosed(redis.info());
  return new Map([...(text ?? "").matchAll(/^(\w+):(.*?)\r?$/gm)].map(([, key = "", value = ""]) => [key, value]));
}

async function configOf(redis: Redis, name: string): Promise<string | undefined> {
  const reply = await unlessClosed(redis.config("GET", name));
  const value = Array.isArray(reply) ? (reply as unknown[])[1] : undefined;
  return typeof value === "string" ? value : undefined;
}

/** Undefined when Redis itself refuses the command; every other failure is the caller's to see. */
async function unlessClosed<T>(reply: Promise<T>): Promise<T | undefined> {
  try {
    return await reply;
  } catch (error) {
    if (error instanceof Error && error.name === "ReplyError") return undefined;
    throw error;
  }
}
