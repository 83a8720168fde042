import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Connection } from "../connection.ts";
import { readConfig, type Config } from "../config.ts";
import { CodedError } from "../errors.ts";
import { Ledger } from "../ledger/ledger.ts";
import { silent } from "../log.ts";
import { connectRedis } from "../redis/connect.ts";
import { findPrivateRedis } from "../redis/private-redis.ts";
import type { Io } from "./io.ts";

/**
 * Does something with the Redis of a service: of `REDIS_URL`, or the private one that runs under `DATA_DIR`.
 *
 * @throws `LEDGER_UNAVAILABLE` when there is none to ask
 */
export async function withRedis<T>(io: Io, use: (redis: Connection, config: Config) => Promise<T>): Promise<T> {
  const config = readConfig(io.env);
  const url = config.redisUrl ?? (await findPrivateRedis(join(config.dataDir, "redis"), io.env));
  if (url === undefined) {
    throw new CodedError("LEDGER_UNAVAILABLE", `No Redis runs under ${config.dataDir}.`, {
      next: "Is breakglass serve running with this DATA_DIR? Or set REDIS_URL. The mirror can be read without: breakglass ledger verify DATA_DIR/ledger.jsonl",
    });
  }
  const redis = connectRedis(url, { role: "commands", log: silent });
  try {
    return await use(redis, config);
  } finally {
    redis.disconnect();
  }
}

/** Does something with the ledger of a service. @throws as {@link withRedis} */
export async function withLedger<T>(
  io: Io,
  use: (ledger: Ledger, config: Config, redis: Connection) => Promise<T>,
): Promise<T> {
  return await withRedis(io, (redis, config) =>
    use(new Ledger(redis, () => randomBytes(16).toString("base64url")), config, redis),
  );
}
