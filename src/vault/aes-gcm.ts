import { createCipheriv, createDecipheriv } from "node:crypto";

/** AES-256-GCM with a 96-bit nonce (NIST SP 800-38D): nonce, body, tag. */
const ALGORITHM = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** @param purpose - authenticated beside it; decrypting for another purpose fails */
export function encrypt(plain: Buffer, purpose: string, key: Buffer, random: (bytes: number) => Buffer): Buffer {
  const nonce = random(NONCE_BYTES);
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(Buffer.from(purpose, "utf8"));
  const body = Buffer.concat([cipher.update(plain), cipher.final()]);
  return Buffer.concat([nonce, body, cipher.getAuthTag()]);
}

/** @throws when it was altered, is for another purpose, or the key is another one */
export function decrypt(sealed: Buffer, purpose: string, key: Buffer): Buffer {
  const nonce = sealed.subarray(0, NONCE_BYTES);
  const tag = sealed.subarray(sealed.length - TAG_BYTES);
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(purpose, "utf8")).setAuthTag(tag);
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
}
