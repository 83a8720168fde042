import { randomBytes } from "node:crypto";
import { aesKey } from "../../src/vault/aes-key.ts";
import { VaultKeys } from "../../src/vault/vault-keys.ts";

/** A vault of these keys, the newest first. */
export function vaultOf(...keys: readonly Buffer[]): VaultKeys {
  return new VaultKeys(() => Promise.resolve(keys.map((key) => aesKey(key, randomBytes))));
}
