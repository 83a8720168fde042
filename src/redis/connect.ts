import { Cluster, Redis } from "ioredis";
import type { Connection } from "../connection.ts";
import type { Log } from "../log.ts";
import { parseRedisUrl } from "./address.ts";
import { dial } from "./dial.ts";
import { FailFastCluster } from "./fail-fast-cluster.ts";

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

/** How long one attempt to connect may take, in milliseconds: another address may answer. */
const CONNECT_TIMEOUT_MS = 1_500;

/** How often it is looked which servers a Cluster has, in milliseconds. One that moved our keys tells by itself. */
const TOPOLOGY_MS = 5_000;

/** What waits for the news of a Cluster's new shape to be complete, in milliseconds. */
const MOVED_PAUSE_MS = 20;

/**
 * A connection that never gives up: it is made again for ever, and no fault of it throws outside of a command.
 *
 * `commands`: until it first stands, or for 2 s, commands wait for it. From then on a command fails at once while there
 * is no connection (it surely did nothing), when the connection breaks under it, and after 2 s (what it did is unknown
 * then); it is never sent twice, but for one that a server refused because its place is taken by another.
 *
 * `blocking`: commands wait until there is a connection, which BullMQ demands of its workers' connections.
 *
 * @param url - of a form that `parseRedisUrl` takes
 * @param options - `role`: see above; `log`: told when it breaks and when it stands again
 * @throws `CONFIG_INVALID` when the URL is none of Redis
 */
export function connectRedis(url: string, { role, log }: { role: RedisRole; log: Log }): Connection {
  const address = parseRedisUrl(url);
  const isUrgent = role === "commands";
  const pause = (attempt: number): number => Math.min(50 * 2 ** Math.min(attempt, 10), LONGEST_PAUSE_MS);
  const connection = dial(address, {
    socket: {
      ...(isUrgent ? { commandTimeout: COMMAND_TIMEOUT_MS } : {}),
      socketTimeout: SILENT_SOCKET_MS[role],
      disconnectTimeout: 200, // after a refused connection, ioredis keeps an ending process alive for as long as this
      maxRetriesPerRequest: null,
      retryStrategy: pause,
      // What was master and is none any more: whoever is now is asked for anew.
      reconnectOnError: (error) => error.message.includes("READONLY"),
      ...(address.kind === "single" ? {} : { connectTimeout: CONNECT_TIMEOUT_MS }),
    },
    cluster: {
      clusterRetryStrategy: pause,
      slotsRefreshInterval: TOPOLOGY_MS,
      retryDelayOnMoved: MOVED_PAUSE_MS,
      ...(isUrgent ? { retryDelayOnFailover: 0 } : {}),
    },
    makeCluster: (nodes, options) => (isUrgent ? new FailFastCluster(nodes, options) : new Cluster(nodes, options)),
  });
  if (isUrgent) failFastOnceSettled(connection);
  tellFaults(connection, log, address.name);
  return connection;
}

/** Ends the time in which commands wait for a connection: when it first stands, or when the time is up. */
function failFastOnceSettled(connection: Connection): void {
  if (connection instanceof FailFastCluster) connection.limit(COMMAND_TIMEOUT_MS);
  const settle = (): void => {
    clearTimeout(limit);
    if (connection instanceof FailFastCluster) connection.settle();
    if (!(connection instanceof Redis)) return;
    // ioredis reads these at each command and at each break. 0: what is in flight fails when the connection breaks.
    connection.options.enableOfflineQueue = false;
    connection.options.maxRetriesPerRequest = 0;
  };
  const limit = setTimeout(settle, COMMAND_TIMEOUT_MS).unref();
  // ioredis sends what waited right after this event, and its own queue must still be open for that.
  connection.once("ready", settle);
  connection.once("end", () => {
    clearTimeout(limit);
  });
}

/** One line when it breaks, one for each new cause, and one when it stands again. Without a listener, ioredis would print. */
function tellFaults(connection: Connection, log: Log, address: string): void {
  const told = new Map<string, Set<string>>();
  const tell = (error: NodeJS.ErrnoException, where: string): void => {
    // A name with several addresses, none of which answers, makes an AggregateError without a message.
    const text = error.message === "" ? (error.code ?? error.name) : error.message;
    const cause = text.replace(/ Retrying from scratch after \d+ms\./, "");
    const causes = told.get(where) ?? new Set();
    if (causes.has(cause)) return;
    told.set(where, causes.add(cause));
    log.warn("Redis can't be reached; trying again until it can", { address: where, cause });
  };
  const isBack = (where: string): void => {
    if (told.delete(where)) log.info("Redis is back", { address: where });
  };
  connection.on("error", (error: NodeJS.ErrnoException) => {
    tell(error, address);
  });
  connection.on("ready", () => {
    isBack(address);
  });
  connection.on("node error", (error: NodeJS.ErrnoException, node: string) => {
    tell(error, node);
  });
  connection.on("+node", (node: Redis) => {
    const { host = "", port = 0 } = node.options;
    node.once("ready", () => {
      isBack(`${host}:${port}`);
    });
  });
}
