import { existsSync } from "node:fs";
import type { Config } from "../config.ts";
import { watchVaultKeys } from "./key-file.ts";
import { SealedAccounts } from "./sealed-accounts.ts";
import { VaultKeys } from "./vault-keys.ts";

/** What seals and opens, and the accounts that are sealed. */
export interface Vault {
  readonly keys: VaultKeys;
  readonly accounts: SealedAccounts;
}

/**
 * The vault as the environment says. Nothing is read before it is needed.
 *
 * @param random - fresh random bytes
 */
export function openVault(
  config: Pick<Config, "vaultKeyFile" | "vaultDir" | "kms">,
  random: (bytes: number) => Buffer,
): Vault {
  const { vaultKeyFile: path, vaultDir, kms } = config;
  const ofFile = watchVaultKeys({ path, random, sealed: () => accounts.namesNow() });
  const keys = new VaultKeys(async () => {
    if (kms === undefined) return await ofFile();
    // Its file is for what was sealed before there was a key in KMS; none is made.
    const { kmsKey } = await import("./kms-key.ts");
    const ofKms = kms.key.split(",").map((key) => kmsKey({ ...kms, key: key.trim() }));
    return [...ofKms, ...(existsSync(path) ? await ofFile() : [])];
  });
  const accounts: SealedAccounts = new SealedAccounts(vaultDir, keys, random);
  return { keys, accounts };
}
