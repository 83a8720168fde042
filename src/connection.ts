import type { Cluster, Redis } from "ioredis";

/** A connection to the Redis that everything meets in: one server, the master that Sentinels name, or a Cluster. */
export type Connection = Redis | Cluster;

/** Every key of ours begins so. Of a Cluster, what stands in braces alone chooses the slot, so they all share one. */
export const HASH_TAG = "{breakglass}";
