import { randomBytes } from "node:crypto";
import { readConfig, type Config } from "../config.ts";
import { counted } from "../domain/text.ts";
import { CodedError } from "../errors.ts";
import { Credentials } from "../vault/credentials.ts";
import { GatewayCredentials } from "../vault/gateway-credentials.ts";
import { changeVaultKeys } from "../vault/key-file.ts";
import { openVault, type Vault } from "../vault/open-vault.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { withLedger } from "./with-ledger.ts";

export interface RewrapOptions {
  /** Makes a fresh key first. */
  readonly newKey: boolean;
  /** Takes the old keys out afterwards, if nothing needs them any more. */
  readonly forgetOld: boolean;
  readonly json: boolean;
}

/**
 * `breakglass vault rewrap`: the vault's newest key wraps every sealed account anew; nothing is opened but data keys. What runs goes
 * on: it reads the keys again when their file was changed, and old ones still open.
 *
 * @throws `BAD_USAGE`, `SEAL_BROKEN`, `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE`, `LEDGER_UNAVAILABLE` for `forgetOld`
 */
export async function rewrapVault(io: Io, { newKey, forgetOld, json }: RewrapOptions): Promise<ExitCode> {
  const config = readConfig(io.env);
  if (newKey && config.kms !== undefined) {
    throw new CodedError("BAD_USAGE", "The vault's newest key is in AWS KMS, and none in a file comes before it.", {
      next: "KMS rotates its own keys. To change to another one, name both, the new one first: VAULT_KMS_KEY=new,old",
    });
  }
  const vault = openVault(config, randomBytes);
  const before = await vault.keys.names();
  if (newKey) await changeVaultKeys(config.vaultKeyFile, { random: randomBytes });
  const [newest = ""] = await vault.keys.names();
  const rewrapped: string[] = [];
  for (const record of await vault.accounts.all())
    if (await vault.accounts.rewrap(record)) rewrapped.push(record.account);
  const forgotten = forgetOld ? await forget(io, config, vault, newest) : [];
  if (json) io.result(JSON.stringify({ key: newest, rewrapped, forgotten }, null, 2));
  else {
    io.result(`${counted(rewrapped.length, "account is", "accounts are")} wrapped anew by ${newest}`);
    for (const key of forgotten) io.result(`forgotten: ${key}`);
  }
  if (!forgetOld && before.some((name) => name !== newest)) {
    io.talk("note: the old keys still open what waits to be handed out, and your backups");
    io.talk("hint: when no request from before is open any more: breakglass vault rewrap --forget-old");
  }
  return 0;
}

/** Only what nothing is sealed under is taken out. */
async function forget(io: Io, config: Config, { keys, accounts }: Vault, newest: string): Promise<string[]> {
  const old = (await keys.names()).filter((name) => name !== newest);
  if (old.length === 0) return [];
  const waiting = await withLedger(io, async (ledger, _config, redis) => {
    const credentials = new Credentials(redis, keys, randomBytes);
    const atGateway = new GatewayCredentials(redis, keys, randomBytes);
    const found: string[] = [];
    for (const id of await ledger.open()) {
      const last = (await ledger.load(id))?.state.rotations ?? 0;
      const numbers = Array.from({ length: last + 1 }, (_, number) => number);
      const by = await Promise.all([
        ...numbers.map(async (number) => await credentials.sealedBy(id, number)),
        atGateway.sealedBy(id),
      ]);
      if (by.some((key) => key !== undefined && key !== newest)) found.push(id);
    }
    return found;
  });
  if (waiting.length > 0) {
    throw new CodedError("BAD_USAGE", `An old key is still needed: by what is sealed for ${waiting.join(", ")}.`, {
      next: "Try again when their access has ended. Nothing was taken out.",
    });
  }
  for (const record of await accounts.all()) await accounts.open(record);
  if (config.kms !== undefined) {
    throw new CodedError("BAD_USAGE", `Nothing is sealed under the keys of ${config.vaultKeyFile} any more.`, {
      next: "Keep a copy where your backups need it, and delete the file.",
    });
  }
  await changeVaultKeys(config.vaultKeyFile, "newest alone");
  return old;
}
