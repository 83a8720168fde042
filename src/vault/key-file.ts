import { CodedError } from "../errors.ts";
import { readKeyFile } from "../key-file.ts";

const KEY_BYTES = 32;

/**
 * The key that wraps all others, from its file; made on first use, readable by its owner alone.
 *
 * @param path - `VAULT_KEY_FILE`: 64 hex digits
 * @param random - fresh random bytes, for a new key
 * @throws `VAULT_KEY_INVALID`
 */
export async function loadVaultKey(path: string, random: (bytes: number) => Buffer): Promise<Buffer> {
  const fresh = () => random(KEY_BYTES).toString("hex");
  const text = await readKeyFile({ path, what: "vault key", code: "VAULT_KEY_INVALID", fresh });
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new CodedError("VAULT_KEY_INVALID", `The vault key ${path} is not 64 hex digits.`, {
      next: "Restore it from where you keep a copy. Losing it loses only credentials not yet opened, never a revoke.",
    });
  }
  return Buffer.from(text, "hex");
}
