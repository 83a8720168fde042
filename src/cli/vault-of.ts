import { randomBytes } from "node:crypto";
import { readConfig } from "../config.ts";
import { openVault, type Vault } from "../vault/open-vault.ts";
import type { Io } from "./io.ts";

/** The vault of the environment. @throws `CONFIG_INVALID` */
export function vaultOf(io: Io): Vault {
  return openVault(readConfig(io.env), randomBytes);
}
