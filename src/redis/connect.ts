import { Redis } from "ioredis";
import type { RedisOptions } from "ioredis";
import { CodedError } from "../errors.ts";
import type { Log } from "../log.ts";

/** `commands`: for whoever needs an answer soon or a no. `blocking`: for BullMQ's workers, which wait for ever. */
export type RedisRole = "commands" | "blocking";

/** A command is answered within this time or fails, in milliseconds. At the start it covers the time to connect too. */
export const COMMAND_TIMEOUT_MS = 2_000;

/**
 * A connection on which answers are due and nothing comes is given up and made anew after this time, in milliseconds: the
 * other side may be gone without a word. BullMQ's workers block for 10 s at most, so longer silence is no waiting.
 */
const SILENT_SOCKET_MS = { commands: 5_000, blocking: 30_000 } satisfies Record<RedisRole, number>;

/** The longest pause between two attempts to connect, in milliseconds. */
const LONGEST_PAUSE_MS = 2_000;

/**
 * A connection that never gives up: it is made again for ever, and no fault of it throws outside of a command.
 *
 * `commands`: until it first stands, or for 2 s, commands wait for it. From then on a command fails at once while there
 * is no connection (it surely did nothing), when the connection breaks under it, and after 2 s (what it did is unknown
 * then); it is never sent twice.
 *
 * `blocking`: commands wait until there is a connection, which BullMQ demands of its workers' connections.
 *
 * @param url - `redis://` or `rediss://`
 * @param options - `role`: see above; `log`: told when it breaks and when it stands again
 * @throws `CONFIG_INVALID` when the URL is none of Redis
 */
export function connectRedis(url: string, options: { role: RedisRole; log: Log }): Redis {
  const { role, log } = options;
  const { protocol, host } = parse(url);
  const redis = new Redis(url, {
    ...(role === "commands" ? { commandTimeout: COMMAND_TIMEOUT_MS } : {}),
    socketTimeout: SILENT_SOCKET_MS[role],
    disconnectTimeout: 200, // after a refused connection, ioredis keeps an ending process alive for as long as this
    maxRetriesPerRequest: null,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS),
  } satisfies RedisOptions);
  if (role === "commands") failFastOnceSettled(redis);
  tellFaults(redis, log, `${protocol}//${host}`);
  return redis;
}

/** Ends the time in which commands wait for a connection: when it first stands, or when the time is up. */
function failFastOnceSettled(redis: Redis): void {
  const settle = (): void => {
    clearTimeout(limit);
    // ioredis reads these at each command and at each break. 0: what is in flight fails when the connection breaks.
    redis.options.enableOfflineQueue = false;
    redis.options.maxRetriesPerRequest = 0;
  };
  const limit = setTimeout(settle, COMMAND_TIMEOUT_MS).unref();
  // ioredis sends what waited right after this event, and its own queue must still be open for that.
  redis.once("ready", settle);
  redis.once("end", () => {
    clearTimeout(limit);
  });
}

/** One line when it breaks, one for each new cause, and one when it stands again. Without a listener, ioredis would print. */
function tellFaults(redis: Redis, log: Log, address: string): void {
  let told: string | undefined;
  redis.on("error", (error: NodeJS.ErrnoException) => {
    // A name with several addresses, none of which answers, makes an AggregateError without a message.
    const cause = error.message === "" ? (error.code ?? error.name) : error.message;
    if (cause === told) return;
    told = cause;
    log.warn("Redis can't be reached; trying again until it can", { address, cause });
  });
  redis.on("ready", () => {
    if (told !== undefined) log.info("Redis is back", { address });
    told = undefined;
  });
}

function parse(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && ["redis:", "rediss:"].includes(parsed.protocol) && parsed.hostname !== "") return parsed;
  throw new CodedError("CONFIG_INVALID", "The address of Redis can't be read.", {
    next: "Write it as redis://user:password@host:6379, or rediss:// for TLS.",
  });
}
