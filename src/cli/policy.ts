import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { z } from "zod";
import { approvingGroups, askingGroups, readGroups } from "../app/groups.ts";
import { problemLines, readPolicy } from "../app/policies.ts";
import { kindsWith } from "../app/kinds.ts";
import { providerChecks } from "../app/provider-checks.ts";
import { createSeeFacts, type SeeFacts } from "../app/see-facts.ts";
import { readConfig } from "../config.ts";
import { conditionsToSee, groundsText } from "../domain/automatic.ts";
import { formatDuration } from "../domain/duration.ts";
import { openRequest } from "../domain/open-request.ts";
import { loadPolicy } from "../domain/policy/load.ts";
import { policySchema } from "../domain/policy/schema.ts";
import { counted } from "../domain/text.ts";
import { CodedError, Refusal } from "../errors.ts";
import { FactSources } from "../facts/fact-sources.ts";
import { silent } from "../log.ts";
import { openVault } from "../vault/open-vault.ts";
import { directoryOf } from "./directory-of.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

/** `breakglass policy check`: every problem with its line and what would be right. */
export async function checkPolicyFile(
  io: Io,
  options: { readonly file?: string | undefined; readonly json: boolean },
): Promise<ExitCode> {
  const config = readConfig(io.env);
  const path = options.file ?? config.policyFile;
  const { accounts } = openVault(config, randomBytes);
  // A policy is also checked where no secret is sealed, before it comes to where they are.
  const { checks } = kindsWith(existsSync(accounts.dir) ? accounts : undefined, Date.now);
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new CodedError("POLICY_UNREADABLE", `${path} can't be read.`, {
      next: "Name the file: breakglass policy check policy.yaml",
      cause,
    });
  });
  const hasGateway = config.gateway !== undefined;
  const loaded = loadPolicy(text, { env: io.env, providers: checks, secrets: true, hasGateway });
  const problems = "problems" in loaded ? loaded.problems : [];
  if (options.json) io.result(JSON.stringify({ file: path, ok: problems.length === 0, problems }, null, 2));
  else if ("policy" in loaded) {
    const { targets, people, hash } = loaded.policy;
    io.result(
      `${path} is fine: ${counted(Object.keys(targets).length, "target")}, ${counted(Object.keys(people).length, "person", "people")} (${hash})`,
    );
  } else for (const line of problemLines(path, problems)) io.result(line);
  return problems.length === 0 ? 0 : 1;
}

/** `breakglass policy schema`: the policy's JSON Schema, for editors. */
export function printSchema(io: Io): ExitCode {
  io.result(JSON.stringify(z.toJSONSchema(policySchema, { io: "input", unrepresentable: "any" }), null, 2));
  return 0;
}

/**
 * `breakglass policy explain`: the verdict that a person asking now would get, by the function that serves the bot.
 *
 * @returns 1 when it is a refusal
 */
export async function explainPolicy(
  io: Io,
  asked: { readonly person: string; readonly target: string; readonly role: string },
  options: { readonly json: boolean },
): Promise<ExitCode> {
  const config = readConfig(io.env);
  const reading = { path: config.policyFile, env: io.env, providers: providerChecks, secrets: false, asks: false };
  const policy = await readPolicy(reading);
  const { person, target, role } = asked;
  if (!Object.hasOwn(policy.people, person)) {
    throw new CodedError("PERSON_UNKNOWN", `The policy has no person ${person}.`, {
      next: `There are: ${Object.keys(policy.people).join(", ")}.`,
    });
  }
  const groups = await readGroups(
    policy,
    [...askingGroups(policy), ...approvingGroups(policy, target, role)],
    await directoryOf(config),
  );
  for (const [name, { readable }] of groups)
    if (!readable) io.talk(`note: the members of ${name} could not be read here, so nobody counts as in it`);
  try {
    const command = {
      type: "OpenRequest",
      by: { person, via: "cli" },
      target,
      role,
      justification: "explain",
    } as const;
    const known = { policy, groups, earlier: [], unreviewed: [] };
    const conditions = conditionsToSee(command, { ...known, now: Date.now() });
    const seen = await seeing(config.policyFile)(policy, command, conditions);
    const [event] = openRequest(command, { ...known, now: Date.now(), seen });
    const { verdict, durationMs } = event.data;
    if (options.json) io.result(JSON.stringify({ allowed: true, durationMs, verdict }, null, 2));
    else for (const line of verdictLines(asked, verdict, durationMs)) io.result(line);
    return 0;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (options.json)
      io.result(JSON.stringify({ allowed: false, code: error.code, why: error.message, next: error.next }, null, 2));
    else io.result(`no: ${error.message} (${error.code})\n    ${error.next}`);
    return 1;
  }
}

/** As the bot looks, but that the command line asks from no channel. */
function seeing(policyFile: string): SeeFacts {
  const sources = new FactSources(dirname(policyFile), Date.now);
  const channel = () => Promise.resolve({ kind: "unknown" } as const);
  return createSeeFacts({ sources, channel, now: Date.now, log: silent });
}

type Verdict = z.output<(typeof import("../domain/verdict.ts"))["verdictSchema"]>;

function verdictLines(
  { person, target, role }: { person: string; target: string; role: string },
  verdict: Verdict,
  durationMs: number,
): string[] {
  const { automatic, quorum, approvers, called, escalate, lapseMs, emergency, facts = [] } = verdict;
  const withKey = verdict.stepUp?.includes("approver") === true ? ", each with a security key" : "";
  const own = verdict.stepUp?.includes("requester") === true ? ["  they confirm it with a security key first"] : [];
  const yes = `yes: ${person} may ask for ${role} on ${target}, ${formatDuration(durationMs)} unless they say otherwise`;
  const takes = `it takes ${quorum} of ${approvers.join(", ")}${withKey} (now: ${called.join(", ") || "nobody"})`;
  if (automatic !== undefined) {
    const { of, perMs = 0 } = automatic;
    const budget = of === undefined ? "" : `, ${counted(of, "time")} in ${formatDuration(perMs)}; after that ${takes}`;
    return [yes, ...own, `  policy approves by itself${budget}`, ...facts.map(factLine)];
  }
  return [
    yes,
    ...own,
    ...(facts.length === 0 ? [] : ["  policy does not approve by itself now:"]),
    ...facts.map(factLine),
    `  ${takes}`,
    ...escalate.map(({ afterMs, to }) => `  after ${formatDuration(afterMs)} ${to.join(", ")} are called`),
    ...(emergency === undefined
      ? []
      : [
          `  after ${formatDuration(emergency.afterMs)} they may go ahead alone, for at most ${formatDuration(emergency.maxMs)}`,
        ]),
    `  it lapses after ${formatDuration(lapseMs)}`,
  ];
}

function factLine(fact: NonNullable<Verdict["facts"]>[number]): string {
  return fact.holds ? `    yes: ${groundsText([fact])}` : `    no: ${fact.why ?? "it was not seen"}`;
}
