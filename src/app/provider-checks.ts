import type { ProviderChecks } from "../domain/policy/load.ts";
import { kindsWith } from "./kinds.ts";

/** The providers' own checks of their parts of the policy, where no target is reached from: of sealed accounts, the form alone. */
export const providerChecks: ProviderChecks = kindsWith(undefined, Date.now).checks;
