import { createHash } from "node:crypto";
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

/** Whether Redis answered that it doesn't have a script (NOSCRIPT, after a restart or SCRIPT FLUSH). */
function isMissing(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith("NOSCRIPT");
}
