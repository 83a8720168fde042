import type { Kinds } from "../../app/kinds.ts";
import { Targets } from "../../app/targets.ts";
import type { Policy } from "../../domain/policy/schema.ts";
import type { Provider } from "../../providers/provider.ts";
import { asCoded } from "../../errors.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("target");
const ENDS: Readonly<Record<Provider<unknown>["revocation"], string>> = {
  immediate: "reached, and its powers suffice; a revoke cuts live access",
  "at-expiry": "reached, and its powers suffice; access ends at its own expiry",
  "by-rotation": "the sealed account opens; a command rotates it after each use",
  "at-rotation": "the sealed account opens; after each use people rotate it",
};
const LIMIT_MS = 20_000;

/** Whether each target can be reached, and lets us do what we must. Changes nothing there. */
export async function checkTargets(policy: Policy, kindOf: Kinds["kindOf"]): Promise<Finding[]> {
  const targets = new Targets(() => policy, kindOf);
  try {
    const all = await Promise.all(targets.names.map((name) => checkTarget(targets, name)));
    return all.flat();
  } finally {
    await targets.close();
  }
}

async function checkTarget(targets: Targets, name: string): Promise<Finding[]> {
  try {
    const provider = targets.provider(name);
    const { problems } = await provider.check(AbortSignal.timeout(LIMIT_MS));
    if (problems.length > 0) return problems.map((problem) => found("problem", `${name}: ${problem}`));
    return [found("fine", `${name}: ${ENDS[provider.revocation]}`)];
  } catch (error) {
    const { code, message, next } = asCoded(error);
    return [found(code === "TARGET_REFUSED" ? "problem" : "unknown", `${name}: ${message}`, next)];
  }
}
