import { Targets } from "../../app/targets.ts";
import type { Policy } from "../../domain/policy/schema.ts";
import { asCoded } from "../../errors.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("target");
const LIMIT_MS = 20_000;

/** Whether each target can be reached, and lets us do what we must. Changes nothing there. */
export async function checkTargets(policy: Policy): Promise<Finding[]> {
  const targets = new Targets(() => policy);
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
    const ends = provider.revocation === "immediate" ? "a revoke cuts live access" : "access ends at its own expiry";
    return [found("fine", `${name}: reached, and its powers suffice; ${ends}`)];
  } catch (error) {
    const { code, message, next } = asCoded(error);
    return [found(code === "TARGET_REFUSED" ? "problem" : "unknown", `${name}: ${message}`, next)];
  }
}
