import type { Connection } from "../connection.ts";
import { parseRedisUrl } from "./address.ts";
import { dial } from "./dial.ts";
import { FailFastCluster } from "./fail-fast-cluster.ts";

/** `loading`: it is there and reads its append-only file. `silent`: nobody there, or not with this password. */
export type RedisAnswer = "ready" | "loading" | "silent";

/**
 * Asks once whether a Redis answers at this address, over a connection of its own.
 *
 * @param url - with the password
 * @param timeoutMs - after which no answer is `silent`
 */
export async function askRedis(url: string, timeoutMs: number): Promise<RedisAnswer> {
  try {
    await once(url, timeoutMs, (redis) => redis.ping());
    return "ready";
  } catch (error) {
    return error instanceof Error && error.message.startsWith("LOADING") ? "loading" : "silent";
  }
}

/**
 * Tells a Redis to write out what it has and end, if there is one at this address.
 *
 * @param url - with the password
 * @param timeoutMs - how long to wait for it to hang up
 */
export async function shutDownRedis(url: string, timeoutMs: number): Promise<void> {
  // A server that obeys hangs up without an answer, which reads as an error.
  await once(url, timeoutMs, (redis) => redis.shutdown()).catch(() => undefined);
}

/**
 * Asks something over a connection of its own, once.
 *
 * @param url - of a form that `parseRedisUrl` takes
 * @param timeoutMs - for the whole of it
 * @throws what kept it from being asked, if the connection knows more than the command does; `CONFIG_INVALID`
 */
export async function once<T>(url: string, timeoutMs: number, ask: (redis: Connection) => Promise<T>): Promise<T> {
  const redis = dial(parseRedisUrl(url), {
    socket: {
      lazyConnect: true,
      retryStrategy: null,
      sentinelRetryStrategy: () => null,
      enableReadyCheck: false, // it would hide a server that is loading
      maxRetriesPerRequest: 0,
      connectTimeout: timeoutMs,
      commandTimeout: timeoutMs,
      disconnectTimeout: 50, // after a refused connection, ioredis keeps the process alive for as long as this
    },
    cluster: { lazyConnect: true, clusterRetryStrategy: null, retryDelayOnFailover: 0, slotsRefreshTimeout: timeoutMs },
    makeCluster: (nodes, options) => {
      const cluster = new FailFastCluster(nodes, options);
      cluster.limit(timeoutMs);
      return cluster;
    },
  });
  let fault: unknown;
  redis.on("error", (error: unknown) => (fault ??= error));
  // That none of a Cluster's servers can be asked doesn't say why; each of them does.
  redis.on("node error", (error: unknown) => (fault ??= error));
  try {
    return await ask(redis);
  } catch (error) {
    throw fault ?? error;
  } finally {
    redis.disconnect();
  }
}
