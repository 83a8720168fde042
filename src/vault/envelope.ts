import { createCipheriv, createDecipheriv } from "node:crypto";
import { z } from "zod";
import { CodedError } from "../errors.ts";

/** AES-256-GCM with a 96-bit nonce (NIST SP 800-38D); each key encrypts once, so a random nonce can't repeat under it. */
const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const KEY_BYTES = 32;
const TAG_BYTES = 16;

const sealedSchema = z.strictObject({ v: z.literal(1), key: z.base64(), body: z.base64() });

/**
 * Seals a text under a data key of its own, which the vault key wraps.
 *
 * @param text - the secret
 * @param purpose - what it is for; opening it for anything else fails
 * @param vaultKey - 32 bytes
 * @param random - fresh random bytes
 */
export function sealText(text: string, purpose: string, vaultKey: Buffer, random: (bytes: number) => Buffer): string {
  const dataKey = random(KEY_BYTES);
  const sealed = {
    v: 1,
    key: encrypt(dataKey, `key of ${purpose}`, vaultKey, random).toString("base64"),
    body: encrypt(Buffer.from(text, "utf8"), purpose, dataKey, random).toString("base64"),
  };
  dataKey.fill(0);
  return JSON.stringify(sealed);
}

/**
 * Opens what {@link sealText} sealed.
 *
 * @throws `SEAL_BROKEN` when it was altered, is for another purpose, or the vault key is another one
 */
export function openText(sealed: string, purpose: string, vaultKey: Buffer): string {
  try {
    const { key, body } = sealedSchema.parse(JSON.parse(sealed));
    const dataKey = decrypt(Buffer.from(key, "base64"), `key of ${purpose}`, vaultKey);
    return decrypt(Buffer.from(body, "base64"), purpose, dataKey).toString("utf8");
  } catch (cause) {
    throw new CodedError("SEAL_BROKEN", "A sealed credential can't be opened.", {
      next: "Was the vault key replaced? The access can be ended and asked for again.",
      cause,
    });
  }
}

function encrypt(plain: Buffer, purpose: string, key: Buffer, random: (bytes: number) => Buffer): Buffer {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(purpose, "utf8"));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

function decrypt(sealed: Buffer, purpose: string, key: Buffer): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose, "utf8")).setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
}
