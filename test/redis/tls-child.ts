import { checkRedis } from "../../src/cli/doctor/check-redis.ts";
import { HASH_TAG } from "../../src/connection.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { requireRedis } from "../../src/redis/require-redis.ts";

// A program that trusts whom its environment names, which Node reads at its start alone: it uses each Redis it is told of, and
// prints what doctor says of it.

for (const url of process.argv.slice(2)) {
  await requireRedis(url, 5_000);
  const redis = connectRedis(url, { role: "commands", log: silent });
  await redis.set(`${HASH_TAG}:tls`, "kept");
  const kept = await redis.get(`${HASH_TAG}:tls`);
  const found = await checkRedis(redis, Date.now);
  console.log([kept, ...found.map(({ standing, text }) => `${standing} ${text}`)].join(" | "));
  redis.disconnect();
}
