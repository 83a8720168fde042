import { dirname } from "node:path";
import { peopleOnCall } from "../../app/see-facts.ts";
import type { Policy } from "../../domain/policy/schema.ts";
import { counted } from "../../domain/text.ts";
import { asCoded } from "../../errors.ts";
import { FactSources } from "../../facts/fact-sources.ts";
import { Unreadable } from "../../facts/reading.ts";
import { findings, type Finding } from "./finding.ts";

const found = findings("facts");
const HINT = "while it can't be read, policy approves nothing by it: docs/policy.md, facts";

/**
 * Whether each source of facts answers, and what it says now.
 *
 * @param policyFile - beside which schedule files stand
 */
export async function checkFacts(policy: Policy, policyFile: string, now: () => number): Promise<Finding[]> {
  const sources = new FactSources(dirname(policyFile), now);
  return await Promise.all([
    ...Object.keys(policy.schedules).map((name) => checked(`schedule ${name}`, schedule(name))),
    ...Object.keys(policy.incidents).map((name) => checked(`incidents ${name}`, incident(name))),
  ]);

  async function schedule(name: string): Promise<string> {
    const { people, strangers } = peopleOnCall(policy, name, (await sources.onCall(policy, name)).value);
    const who = people.map((key) => policy.people[key]?.name ?? key).join(", ");
    const others = strangers === 0 ? "" : `, and ${counted(strangers, "entry", "entries")} of nobody in the policy`;
    return `${who === "" ? "nobody of the policy" : who} on call now${others}`;
  }

  async function incident(name: string): Promise<string> {
    // It may know incidents by their channel or target: what counts here is that it answers.
    const { value } = await sources.incident(policy, name, { target: "doctor", role: "doctor", channel: undefined });
    return `it answers: ${value ? "an" : "no"} incident is open`;
  }
}

async function checked(what: string, asked: Promise<string>): Promise<Finding> {
  try {
    return found("fine", `${what}: ${await asked}`);
  } catch (error) {
    if (!(error instanceof Unreadable)) return found("unknown", `${what}: ${asCoded(error).message}`, HINT);
    return found("problem", `${what}: ${error.message}`, HINT);
  }
}
