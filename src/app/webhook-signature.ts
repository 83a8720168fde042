import { createHmac } from "node:crypto";
import type { Secret } from "../secret.ts";

/** What a webhook is signed with: the bytes that stand in base64 after `whsec_` (https://www.standardwebhooks.com). */
export function signingKey(secret: Secret): Buffer {
  return Buffer.from(secret.reveal().replace(/^whsec_/, ""), "base64");
}

/**
 * What proves that it comes from us, and when: https://www.standardwebhooks.com.
 *
 * @param key - the shared secret's bytes
 * @param at - epoch milliseconds
 */
export function signatureHeaders(id: string, body: string, key: Buffer, at: number): Record<string, string> {
  const seconds = String(Math.floor(at / 1_000));
  const signature = createHmac("sha256", key).update(`${id}.${seconds}.${body}`, "utf8").digest("base64");
  return { "webhook-id": id, "webhook-timestamp": seconds, "webhook-signature": `v1,${signature}` };
}
