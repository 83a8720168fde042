import { lastDrill } from "../app/drill-keeper.ts";
import { readPolicy } from "../app/policies.ts";
import { providerChecks } from "../app/provider-checks.ts";
import { readConfig } from "../config.ts";
import { dueOf, foldPlans, isRecurring, marginMs, ruleName, type Plans } from "../domain/drill-plan.ts";
import { failureText, stepsText } from "../domain/narrate-drill.ts";
import type { DrillRule } from "../domain/policy/schema.ts";
import type { RequestState } from "../domain/request.ts";
import { eventsOf } from "../ledger/entry.ts";
import { REHEARSALS } from "../ledger/keys.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { withLedger } from "./with-ledger.ts";

/** A drill of the policy, and where it stands. */
interface Row {
  readonly rule: DrillRule;
  readonly last: RequestState | undefined;
  /** When it runs next, epoch milliseconds; undefined where only people begin it, or no worker has planned it yet. */
  readonly dueAt: number | undefined;
  readonly isOverdue: boolean;
}

/**
 * `breakglass drills`: each drill of the policy, how the last one went, and when the next is due.
 *
 * @returns 1 when the last one of any failed, or one is overdue
 */
export async function listDrills(io: Io, { json }: { readonly json: boolean }): Promise<ExitCode> {
  const { policyFile } = readConfig(io.env);
  const { drills } = await readPolicy({ path: policyFile, env: io.env, providers: providerChecks, secrets: false });
  const now = Date.now();
  const rows = await withLedger(io, async (ledger) => {
    const plans = foldPlans(eventsOf(await ledger.entriesOf(REHEARSALS)));
    return await Promise.all(drills.map(async (rule) => rowOf(rule, plans, await lastDrill(ledger, rule, now), now)));
  });
  if (json) io.result(JSON.stringify(rows.map(summary), null, 2));
  else if (rows.length === 0) io.talk("the policy has no drills: docs/drills.md says how to add them");
  else for (const line of rows.flatMap(lines)) io.result(line);
  return rows.every(({ last, isOverdue }) => !isOverdue && last?.drill?.score?.passed !== false) ? 0 : 1;
}

function rowOf(rule: DrillRule, plans: Plans, last: RequestState | undefined, now: number): Row {
  const plan = plans.get(ruleName(rule));
  if (!isRecurring(rule) || plan === undefined) return { rule, last, dueAt: undefined, isOverdue: false };
  const dueAt = dueOf(rule, plan, last?.openedAt);
  return { rule, last, dueAt, isOverdue: now >= dueAt + marginMs(rule.every) };
}

function lines({ rule, last, dueAt, isOverdue }: Row): string[] {
  const next =
    rule.every === undefined
      ? "only by hand"
      : dueAt === undefined
        ? "not planned yet: does a worker run with this policy?"
        : `next ${minute(dueAt)}${isOverdue ? ", overdue" : ""}`;
  return [`${rule.target} ${rule.role}: ${next}`, `  ${last === undefined ? "never run" : lastLine(last)}`];
}

function lastLine(state: RequestState): string {
  const score = state.drill?.score;
  const at = `last ${minute(state.openedAt)}, ${state.id}`;
  if (score === undefined) return `${at}: under way`;
  const how = score.failure === undefined ? "passed" : `failed, ${failureText(score.failure, state)}`;
  return `${at}: ${how}; ${stepsText(score)}`;
}

function minute(at: number): string {
  return `${new Date(at).toISOString().slice(0, 16).replace("T", " ")}Z`;
}

function summary({ rule, last, dueAt, isOverdue }: Row) {
  const { target, role, person, approver, every: everyMs, announce } = rule;
  const iso = (at: number | undefined) => (at === undefined ? undefined : new Date(at).toISOString());
  const of = last && {
    ...{ id: last.id, at: iso(last.openedAt), by: last.drill?.by, works: last.drill?.tried?.works },
    ...last.drill?.score,
  };
  return { target, role, person, approver, everyMs, announce, nextAt: iso(dueAt), overdue: isOverdue, last: of };
}
