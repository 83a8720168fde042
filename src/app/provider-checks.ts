import { z } from "zod";
import type { ProviderChecks } from "../domain/policy/load.ts";
import type { Problem } from "../domain/policy/check.ts";
import { problemsIn } from "../domain/policy/form.ts";
import { asCoded } from "../errors.ts";
import { providerKind, providerKinds } from "../providers/registry.ts";

/** The providers' own checks of their parts of the policy. */
export const providerChecks: ProviderChecks = {
  kinds: [...providerKinds.keys()],
  checkConnection: (kind, input) => problemsOf(() => providerKind(kind).parseConnection(input)),
  checkRole: (kind, input) => problemsOf(() => providerKind(kind).parseRole(input)),
};

function problemsOf(parse: () => unknown): Problem[] {
  try {
    parse();
    return [];
  } catch (error) {
    if (error instanceof z.ZodError) return problemsIn(error);
    return [{ path: [], message: asCoded(error).message }];
  }
}
