import { createHash } from "node:crypto";
import type { ChainableCommander } from "ioredis";
import type { Connection } from "../connection.ts";

/** A Lua script, called by its SHA-1 and sent whole only when Redis doesn't have it (EVALSHA, NOSCRIPT). */
export interface Script {
  readonly sha: string;
  readonly text: string;
}

export function script(text: string): Script {
  return { sha: createHash("sha1").update(text).digest("hex"), text };
}

/** Runs a script. */
export async function run(
  redis: Connection,
  { sha, text }: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  try {
    return await redis.evalsha(sha, keys.length, ...keys, ...args);
  } catch (error) {
    if (!isMissing(error)) throw error;
    return await redis.eval(text, keys.length, ...keys, ...args);
  }
}

/** Lets Redis know a script; of a Cluster every master, because a script has no slot. */
export async function load(redis: Connection, { text }: Script): Promise<void> {
  const servers = "nodes" in redis ? redis.nodes("master") : [redis];
  await Promise.all(servers.map((server) => server.script("LOAD", text)));
}

/** Adds a script to a pipeline; the caller {@link load}s it when one answer {@link isMissing}. */
export function enqueue(
  pipeline: ChainableCommander,
  { sha }: Script,
  keys: readonly string[],
  args: readonly string[],
): void {
  pipeline.evalsha(sha, keys.length, ...keys, ...args);
}

/** Whether Redis answered that it doesn't have a script (NOSCRIPT, after a restart or SCRIPT FLUSH). */
export function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
