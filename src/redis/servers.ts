import { Cluster, Redis } from "ioredis";
import { HASH_TAG, type Connection } from "../connection.ts";

/** One of the servers behind a connection. */
export interface Server {
  /** `10.0.0.1:6379` */
  readonly name: string;
  readonly role: "master" | "replica";
  readonly redis: Redis;
  /** Lets go of it. */
  readonly close: () => void;
}

/** How long a replica may take to answer, in milliseconds. */
const ASK_LIMIT_MS = 1_000;

/**
 * The server that has our keys, first, and the replicas that may take its place: those of our slot in a Cluster, those that
 * the master knows where Sentinels name it. What stands behind a single address is that server's own business.
 *
 * @param connection - one that answers
 */
export async function serversOf(connection: Connection): Promise<Server[]> {
  return connection instanceof Cluster ? await ofCluster(connection) : await ofMaster(connection);
}

async function ofCluster(cluster: Cluster): Promise<Server[]> {
  const slot = await cluster.cluster("KEYSLOT", HASH_TAG);
  const keys = cluster.slots[slot] ?? [];
  const nodes = new Map(cluster.nodes().map((node) => [addressOf(node.options), node]));
  return keys.flatMap((key, index): Server[] => {
    const redis = nodes.get(key);
    return redis === undefined
      ? []
      : [{ name: key, role: index === 0 ? "master" : "replica", redis, close: () => undefined }];
  });
}

async function ofMaster(redis: Redis): Promise<Server[]> {
  const { host, port, sentinels, username, password, tls } = redis.options;
  const master: Server = { name: addressOf({ host, port }), role: "master", redis, close: () => undefined };
  if (!sentinels) return [master];
  const replication = await redis.info("replication").catch(() => "");
  // Known once it has answered.
  const { remoteAddress, remotePort } = redis.stream;
  const replicas = [...replication.matchAll(/^slave\d+:ip=([^,]+),port=(\d+)/gm)].map(([, host = "", port]): Server => {
    const replica = new Redis({
      ...(username ? { username } : {}),
      ...(password ? { password } : {}),
      ...(tls ? { tls } : {}),
      host,
      port: Number(port),
      retryStrategy: null,
      connectTimeout: ASK_LIMIT_MS,
      commandTimeout: ASK_LIMIT_MS,
      maxRetriesPerRequest: 0,
    });
    // Whoever asks it hears of it.
    replica.on("error", () => undefined);
    return {
      name: addressOf({ host, port: Number(port) }),
      role: "replica",
      redis: replica,
      close: () => {
        replica.disconnect();
      },
    };
  });
  return [{ ...master, name: addressOf({ host: remoteAddress, port: remotePort }) }, ...replicas];
}

function addressOf({ host = "", port = 0 }: { host?: string | undefined; port?: number | undefined }): string {
  return `${host}:${port}`;
}
