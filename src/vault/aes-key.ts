import { createHash } from "node:crypto";
import { decrypt, encrypt } from "./aes-gcm.ts";
import type { WrappingKey } from "./vault-keys.ts";

/**
 * A key of 32 random bytes that this machine holds itself.
 *
 * @param key - 32 bytes
 * @param random - fresh random bytes
 */
export function aesKey(key: Buffer, random: (bytes: number) => Buffer): WrappingKey {
  return {
    // Of 256 random bits, 64 bits of a hash tell nothing.
    id: `file:${createHash("sha256").update("breakglass vault key\n").update(key).digest("hex").slice(0, 16)}`,
    wrap: (dataKey, purpose) => Promise.resolve(encrypt(dataKey, purpose, key, random)),
    unwrap: (wrapped, purpose) =>
      new Promise((resolve) => {
        resolve(decrypt(wrapped, purpose, key));
      }),
  };
}
