import type { Connection } from "../src/connection.ts";

/** What Redis says it holds, in bytes. */
export async function usedMemory(redis: Connection): Promise<number> {
  return Number(/^used_memory:(\d+)/m.exec(await redis.info("memory"))?.[1]);
}

/** Bytes, for people. */
export function mb(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
