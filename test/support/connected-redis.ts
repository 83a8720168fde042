import type { Connection } from "../../src/connection.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { startTestRedis } from "./redis.ts";

/** A Redis of a suite's own, and a connection to it. Call `stop()` in `after`. */
export async function connectedRedis(): Promise<{
  readonly redis: Connection;
  /** Ends both. */
  readonly stop: () => Promise<void>;
}> {
  const server = await startTestRedis();
  const redis = connectRedis(server.url, { role: "commands", log: silent });
  return {
    redis,
    stop: async () => {
      redis.disconnect();
      await server.stop();
    },
  };
}
