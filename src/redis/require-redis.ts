import { CodedError } from "../errors.ts";
import { once } from "./ask-redis.ts";

/** What the usual reasons mean, and what to do. */
const REASONS: readonly [when: RegExp, what: string, next: string][] = [
  [/WRONGPASS|NOAUTH|NOPERM/, "it wants another user or password", "Check the user and the password in REDIS_URL."],
  [/ECONNREFUSED/, "nothing listens there", "Start it, or check the host and the port in REDIS_URL."],
  [/ENOTFOUND|EAI_AGAIN/, "there is no host of that name", "Check the host in REDIS_URL."],
  [/wrong version number|SSL|TLS/i, "it does not speak TLS", "Write redis:// in REDIS_URL, or turn TLS on there."],
  [/certificate/i, "its certificate is not trusted", "Give NODE_EXTRA_CA_CERTS the certificate that signed it."],
];

/**
 * Makes sure that a Redis can be worked with, before anything is built on it.
 *
 * @param url - of a form that `connectRedis` takes
 * @param timeoutMs - after which no answer is none
 * @throws `REDIS_UNREACHABLE`, with the address and without the password
 */
export async function requireRedis(url: string, timeoutMs: number): Promise<void> {
  try {
    await once(url, timeoutMs, (redis) => redis.ping());
  } catch (thrown) {
    const text = thrown instanceof Error ? `${"code" in thrown ? String(thrown.code) : ""} ${thrown.message}` : "";
    // It is there, and reads its file: whoever starts waits for it.
    if (text.includes("LOADING")) return;
    const [, what = "it does not answer", next = "Check REDIS_URL, and whether it runs."] =
      REASONS.find(([when]) => when.test(text)) ?? [];
    throw new CodedError("REDIS_UNREACHABLE", `Redis at ${new URL(url).host} can't be used: ${what}.`, {
      next,
      cause: thrown,
    });
  }
}
