import { randomBytes } from "node:crypto";
import { endOverdue, type Ended } from "../app/end-overdue.ts";
import { readPolicy } from "../app/policies.ts";
import { kindsWith, type Kinds } from "../app/kinds.ts";
import { Targets } from "../app/targets.ts";
import { VAULT } from "../domain/accounts.ts";
import { drillMark } from "../domain/drill.ts";
import { readConfig } from "../config.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { RequestState } from "../domain/request.ts";
import { counted } from "../domain/text.ts";
import { readMirror } from "../ledger/mirror.ts";
import { openVault } from "../vault/open-vault.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

/**
 * `breakglass revoke --overdue`: ends every access that the mirror says is past its end, and checks that at the targets. It needs
 * no Redis, no chat and no service that runs: only `DATA_DIR`, the policy and the targets.
 *
 * @returns 1 when something is not gone, or could not be known of
 * @throws `LEDGER_EMPTY`, `POLICY_UNREADABLE`, `POLICY_INVALID`
 */
export async function revokeOverdue(io: Io): Promise<ExitCode> {
  const config = readConfig(io.env);
  const { dataDir, policyFile } = config;
  const { kindOf, checks } = kindsWith(openVault(config, randomBytes).accounts, Date.now);
  const { open, head, broken } = await readMirror(dataDir);
  if (broken !== undefined)
    io.talk(`warning: the mirror holds only up to entry ${head.seq}; what came after is not known: ${broken.message}`);
  const policy = await readPolicy({ path: policyFile, env: io.env, providers: checks, secrets: true });
  const live = open.withAccess;
  const ended = await endWith(policy, kindOf, live);
  for (const each of ended) io.result(lineOf(each));
  for (const each of ended.filter((one) => "commands" in one))
    io.talk(`by hand, for ${each.state.id}:\n${each.commands.map((command) => `  ${command}`).join("\n")}`);
  if (ended.length === 0) io.result("nothing is overdue");
  const running = live.length - ended.length;
  if (running > 0) io.talk(`${counted(running, "access is", "accesses are")} on and not over yet`);
  return broken === undefined && ended.every((each) => "done" in each) ? 0 : 1;
}

async function endWith(policy: Policy, kindOf: Kinds["kindOf"], live: readonly RequestState[]): Promise<Ended[]> {
  const targets = new Targets(() => policy, kindOf);
  try {
    return await endOverdue(targets, live, Date.now());
  } finally {
    await targets.close();
  }
}

function lineOf(ended: Ended): string {
  const { id, requester, role, target } = ended.state;
  const what = `${drillMark(ended.state)}${id} (${requester}, ${role} on ${target})`;
  // A static secret isn't gone: the worker says what became of it, when it records this.
  if ("done" in ended && ended.state.verdict.provider === VAULT)
    return `${what}: over${ended.done.length === 0 ? "" : `: ${ended.done.join(", ")}`}; breakglass vault list tells whether it is burnt`;
  return "done" in ended
    ? `${what}: gone, and checked${ended.done.length === 0 ? "" : `: ${ended.done.join(", ")}`}`
    : `${what}: not gone: ${ended.problem}`;
}
