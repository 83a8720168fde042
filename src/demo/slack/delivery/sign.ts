import { createHmac } from "node:crypto";

/**
 * Slack's signature of a request (v0): HMAC-SHA256 over `v0:timestamp:body`.
 *
 * @param secret - the app's signing secret
 * @param timestamp - seconds since 1970, as sent in `X-Slack-Request-Timestamp`
 * @param body - the very bytes that are sent
 */
export function sign(secret: string, timestamp: number, body: string): string {
  return `v0=${createHmac("sha256", secret).update(`v0:${timestamp}:${body}`).digest("hex")}`;
}
