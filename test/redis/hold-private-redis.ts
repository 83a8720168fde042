import { findRedisServer } from "../../src/redis/find-server.ts";
import { startPrivateRedis } from "../../src/redis/private-redis.ts";
import { TEST_CACHE } from "../support/redis.ts";

// A process that holds the private Redis of the folder in its first argument until its stdin ends. Prints the address.
const server = await findRedisServer({ env: process.env, cacheDir: TEST_CACHE });
const redis = await startPrivateRedis({ dir: process.argv[2] ?? "", env: process.env, server });
process.stdout.write(`${redis.url}\n`);
process.stdin.resume().once("end", () => void redis.stop());
