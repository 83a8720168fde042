import { z } from "zod";
import type { Problem } from "../domain/policy/problem.ts";
import { problemsIn } from "../domain/policy/form.ts";
import type { ProviderChecks } from "../domain/policy/load.ts";
import { asCoded } from "../errors.ts";
import { defineKind, providerKind, providerKinds, type AnyKind } from "../providers/registry.ts";
import type { SealedAccounts } from "../vault/sealed-accounts.ts";
import { sealedKind } from "./sealed-kind.ts";

/** The kinds of targets there are. */
export interface Kinds {
  /** The kind that a policy's `provider:` names. @throws `PROVIDER_UNKNOWN` */
  readonly kindOf: (kind: string) => AnyKind;
  /** Their own checks of their parts of the policy. */
  readonly checks: ProviderChecks;
}

/**
 * The providers' kinds, and sealed accounts, which are neither the vault's alone nor the providers'.
 *
 * @param accounts - those of this process; undefined where it holds no target's keys: then only the form is checked
 * @param now - epoch milliseconds
 */
export function kindsWith(accounts: SealedAccounts | undefined, now: () => number): Kinds {
  const sealed = defineKind(sealedKind({ accounts, environment: process.env, now }));
  const kindOf = (kind: string) => (kind === sealed.kind ? sealed : providerKind(kind));
  return {
    kindOf,
    checks: {
      kinds: [...providerKinds.keys(), sealed.kind],
      gatewayKinds: [...providerKinds.values()].filter(({ hasGateway }) => hasGateway).map(({ kind }) => kind),
      checkConnection: (kind, input) => problemsOf(() => kindOf(kind).parseConnection(input)),
      checkRole: (kind, input) => problemsOf(() => kindOf(kind).parseRole(input)),
    },
  };
}

function problemsOf(parse: () => unknown): Problem[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof z.ZodError) return problemsIn(error);
    return [{ path: [], message: asCoded(error).message }];
  }
}
