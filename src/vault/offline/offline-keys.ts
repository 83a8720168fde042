import { createHash, createHmac, createPrivateKey, createPublicKey, hkdfSync, type KeyObject } from "node:crypto";
import { bech32 } from "@scure/base";

/** An Ed25519 seed as PKCS#8, RFC 8410. */
const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");

/** An X25519 secret as age writes an identity. @param secret - 32 bytes */
export function ageIdentity(secret: Uint8Array): string {
  return bech32.encodeFromBytes("age-secret-key-", secret).toUpperCase();
}

/**
 * The key that signs what is written at an opening. Only whoever had enough shares has it.
 *
 * @param secret - that the shares make up
 * @param name - the export's
 */
export function journalKey(secret: Uint8Array, name: string): KeyObject {
  const seed = Buffer.from(hkdfSync("sha256", secret, name, "breakglass offline journal", 32));
  return createPrivateKey({ key: Buffer.concat([PKCS8, seed]), format: "der", type: "pkcs8" });
}

/**
 * What shows that a file was made with the export. Anybody can encrypt to its recipient, who stands in the clear beside it; only enough
 * shares give this.
 *
 * @param secret - that the shares make up
 * @param name - the export's
 * @param text - what the file holds
 */
export function proofOf(secret: Uint8Array, name: string, text: string): string {
  const key = Buffer.from(hkdfSync("sha256", secret, name, "breakglass offline account", 32));
  return createHmac("sha256", key).update(text).digest("base64");
}

/** The public half of a journal's key as text: SPKI, base64. */
export function publicText(key: KeyObject): string {
  return createPublicKey(key).export({ format: "der", type: "spki" }).toString("base64");
}

export function fromPublicText(text: string): KeyObject {
  return createPublicKey({ key: Buffer.from(text, "base64"), format: "der", type: "spki" });
}

/** By which a share is known without being told. It has 256 random bits, so its hash tells nothing. */
export function shareHash(bytes: Uint8Array): string {
  return createHash("sha256").update("breakglass share\n").update(bytes).digest("hex");
}
