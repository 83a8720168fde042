import { Redis, type Cluster, type ClusterNode, type ClusterOptions, type RedisOptions } from "ioredis";
import type { Connection } from "../connection.ts";
import type { RedisAddress } from "./address.ts";

type LegacyClusterOptions = NonNullable<ConstructorParameters<typeof Cluster<"legacy">>[1]>;

/** How a connection behaves, whatever kind of Redis is at the other end. */
export interface Manners {
  /** Of each socket, and all there is of a connection to one server. */
  readonly socket: Omit<RedisOptions, "replyMapping">;
  /** What a Cluster has beside. */
  readonly cluster: Omit<ClusterOptions, "redisOptions">;
  readonly makeCluster: (nodes: ClusterNode[], options: LegacyClusterOptions) => Cluster;
}

/** How long a Sentinel may take to say who is master, in milliseconds. The next one is asked then. */
const SENTINEL_TIMEOUT_MS = 1_000;

/**
 * Makes the connection that an address asks for. The one place that knows the three kinds apart.
 *
 * @param address - as read from `REDIS_URL`
 * @param manners - see {@link Manners}
 */
export function dial(address: RedisAddress, { socket, cluster, makeCluster }: Manners): Connection {
  if (address.kind === "single") return new Redis(address.url, socket);
  const { username, password } = address;
  const login = {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(address.tls ? { tls: {} } : {}),
  };
  if (address.kind === "cluster") {
    const { tls } = address;
    const dnsLookup: ClusterOptions["dnsLookup"] = (host, found) => {
      found(null, host);
    };
    return makeCluster([...address.nodes], {
      ...cluster,
      // Certificates are for names, and ioredis would ask for addresses.
      ...(tls ? { dnsLookup } : {}),
      redisOptions: { ...socket, ...login },
    });
  }
  const { sentinelLogin } = address;
  return new Redis({
    ...socket,
    ...login,
    sentinels: [...address.sentinels],
    name: address.master,
    db: address.db,
    ...(sentinelLogin.username === undefined ? {} : { sentinelUsername: sentinelLogin.username }),
    ...(sentinelLogin.password === undefined ? {} : { sentinelPassword: sentinelLogin.password }),
    sentinelCommandTimeout: SENTINEL_TIMEOUT_MS,
    // ioredis 6.0 ends a connection for good when Sentinels tell of a failover while it is being made anew. A master that is
    // frozen or cut off is noticed by its silence.
    failoverDetector: false,
    ...(address.tls ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
  });
}
