import { randomBytes } from "node:crypto";
import { endOverdue } from "../app/end-overdue.ts";
import { readPolicy } from "../app/policies.ts";
import { kindsWith } from "../app/kinds.ts";
import { Targets } from "../app/targets.ts";
import { plays, type Config } from "../config.ts";
import { asCoded, type Code } from "../errors.ts";
import { readMirror } from "../ledger/mirror.ts";
import type { Log } from "../log.ts";
import type { AnyKind } from "../providers/registry.ts";
import { openVault } from "../vault/open-vault.ts";

/** A revoke needs neither Redis nor the vault's key. */
const NOT_NEEDED: readonly Code[] = [
  "REDIS_UNREACHABLE",
  "REDIS_FAILED",
  "REDIS_MISSING",
  "LEDGER_UNAVAILABLE",
  "VAULT_KEY_INVALID",
];

/**
 * What a start still does when it fails because Redis is away, or the vault's key is lost: it ends every access that the mirror says is overdue. Whatever
 * starts the program again and again does so too, until that is mended. Never throws.
 *
 * @param cause - why the start failed
 */
export async function endAtFailedStart(
  cause: unknown,
  config: Config,
  env: NodeJS.ProcessEnv,
  options: { readonly log: Log; readonly now: () => number; readonly kindOf?: ((kind: string) => AnyKind) | undefined },
): Promise<void> {
  const { log, now, kindOf } = options;
  const kinds = kindsWith(openVault(config, randomBytes).accounts, now);
  if (!NOT_NEEDED.includes(asCoded(cause).code) || !plays(config, "worker")) return;
  try {
    const { open } = await readMirror(config.dataDir);
    const policy = await readPolicy({ path: config.policyFile, env, providers: kinds.checks, secrets: true });
    const targets = new Targets(() => policy, kindOf ?? kinds.kindOf);
    const ended = await endOverdue(targets, open.withAccess, now());
    await targets.close();
    for (const { state, ...result } of ended)
      log.warn("ended although the program can't start, as far as the mirror knows", {
        request: state.id,
        target: state.target,
        ...result,
      });
  } catch (error) {
    // No mirror yet: nothing was ever given here.
    if (asCoded(error).code === "LEDGER_EMPTY") return;
    log.warn("nothing could be ended by the mirror alone", { error });
  }
}
