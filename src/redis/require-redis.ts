import { HASH_TAG } from "../connection.ts";
import { CodedError } from "../errors.ts";
import { parseRedisUrl, type RedisAddress } from "./address.ts";
import { once } from "./ask-redis.ts";

/** What the usual reasons mean, and what to do. */
const REASONS: readonly [when: RegExp, what: string, next: string][] = [
  [/WRONGPASS|NOAUTH|NOPERM/, "it wants another user or password", "Check the user and the password in REDIS_URL."],
  [
    /No such master|sentinels are unreachable and retry is disabled\.$/,
    "no Sentinel knows a master of that name",
    "Check the name after the hosts in REDIS_URL; redis-cli -p 26379 SENTINEL MASTERS tells which there are.",
  ],
  [/cluster support disabled/, "it is no Cluster", "Write redis:// in REDIS_URL."],
  [/MOVED|CROSSSLOT/, "it is one of a Cluster", "Write redis+cluster:// in REDIS_URL."],
  [/CLUSTERDOWN/, "the Cluster is down", "See what CLUSTER INFO says: every slot must be served."],
  [/unknown command.*sentinel/i, "it is no Sentinel", "Name the Sentinels in REDIS_URL, not the Redis servers."],
  [/ECONNREFUSED/, "nothing listens there", "Start it, or check the host and the port in REDIS_URL."],
  [/ENOTFOUND|EAI_AGAIN/, "there is no host of that name", "Check the host in REDIS_URL."],
  // A server without TLS waits for the end of what it takes for a command.
  [
    /timed out.*\(rediss\)/,
    "it does not answer, as one that does not speak TLS",
    "Turn TLS on there or write redis:// in REDIS_URL; or see whether it runs.",
  ],
  // Of Sentinels and of a Cluster nothing more is known.
  [
    /Connection is closed.*\(rediss\)/,
    "nothing there takes a connection, or its certificate is not trusted",
    "Start it, check hosts and ports in REDIS_URL, or give NODE_EXTRA_CA_CERTS the certificate that signed its own.",
  ],
  [/Connection is closed/, "nothing there takes a connection", "Start it, or check hosts and ports in REDIS_URL."],
  [/wrong version number|SSL|TLS/i, "it does not speak TLS", "Write redis:// in REDIS_URL, or turn TLS on there."],
  [/certificate/i, "its certificate is not trusted", "Give NODE_EXTRA_CA_CERTS the certificate that signed it."],
];

/**
 * Makes sure that a Redis can be worked with, before anything is built on it.
 *
 * @param url - of a form that `connectRedis` takes
 * @param timeoutMs - after which no answer is none
 * @throws `REDIS_UNREACHABLE`, with the address and without the password; `CONFIG_INVALID`
 */
export async function requireRedis(url: string, timeoutMs: number): Promise<void> {
  const address = parseRedisUrl(url);
  try {
    // Of a Cluster, the server that is to have our keys must answer, not any.
    await once(url, timeoutMs, (redis) => redis.exists(HASH_TAG));
  } catch (thrown) {
    const said = thrown instanceof Error ? `${"code" in thrown ? String(thrown.code) : ""} ${thrown.message}` : "";
    const text = address.tls ? `${said} (rediss)` : said;
    // It is there, and reads its file: whoever starts waits for it.
    if (text.includes("LOADING")) return;
    const [, what = "it does not answer", next = "Check REDIS_URL, and whether it runs."] =
      REASONS.find(([when]) => when.test(text)) ?? [];
    throw new CodedError("REDIS_UNREACHABLE", `Redis at ${placeOf(address)} can't be used: ${what}.`, {
      next,
      cause: thrown,
    });
  }
}

function placeOf({ kind, name }: RedisAddress): string {
  return kind === "single" ? name.replace(/^.*:\/\//, "") : name;
}
