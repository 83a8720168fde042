import type { ProviderChecks } from "../../domain/policy/load.ts";
import { readPolicy } from "../../app/policies.ts";
import { plays, type Config } from "../../config.ts";
import { counted } from "../../domain/text.ts";
import type { Policy } from "../../domain/policy/schema.ts";
import { asCoded } from "../../errors.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("policy");

/** Whether the policy loads, with the values that its targets need; and the policy, if it does. */
export async function checkPolicy(
  config: Config,
  env: NodeJS.ProcessEnv,
  providers: ProviderChecks,
): Promise<{ policy?: Policy; findings: Finding[] }> {
  try {
    const { policyFile, role, gateway } = config;
    const hasGateway = role === "bot" ? undefined : gateway !== undefined;
    const [secrets, asks] = [plays(config, "worker"), plays(config, "bot")];
    const policy = await readPolicy({ path: policyFile, env, providers, secrets, asks, hasGateway });
    const [targets, people] = [Object.keys(policy.targets).length, Object.keys(policy.people).length];
    const text = `${policyFile} (${policy.hash}): ${counted(targets, "target")}, ${counted(people, "person", "people")}`;
    return { policy, findings: [found("fine", text)] };
  } catch (error) {
    const { message, next } = asCoded(error);
    const [first = "", ...problems] = message.split("\n");
    if (problems.length === 0) return { findings: [found("problem", first, next)] };
    return { findings: problems.map((problem) => found("problem", problem, "breakglass policy check")) };
  }
}
