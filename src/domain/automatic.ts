import { Refusal } from "../errors.ts";
import type { CommandOf, Facts } from "./commands.ts";
import { roleOf } from "./policy/find.ts";
import { mayAsk } from "./policy/offers.ts";
import type { Condition } from "./policy/facts-schema.ts";
import type { Automatic, Role } from "./policy/schema.ts";
import { overdueReviews } from "./review-rules.ts";
import type { SeenFact } from "./seen-fact.ts";
import { list } from "./text.ts";
import type { Verdict } from "./verdict.ts";

/** So old a fact may be and still count. */
export const SEEN_FRESH_MS = 60_000;

type Asked = CommandOf<"OpenRequest">;

/** What policy said by itself. */
export interface ByItself {
  /** Present when it approved. */
  readonly automatic: Verdict["automatic"];
  /** Present when its budget was used up. */
  readonly spent: Verdict["spent"];
  /** The facts it looked at. */
  readonly facts: Verdict["facts"];
}

/**
 * The conditions that have to be looked at before it can be decided whether policy approves by itself: none for somebody who may not
 * ask, or where it wouldn't approve anyway.
 */
export function conditionsToSee(command: Asked, facts: Omit<Facts, "keys" | "seen">): readonly Condition[] {
  const { by } = command;
  const role = roleOf(facts.policy, command.target, command.role);
  const automatic = role?.approval.automatic;
  if (role === undefined || automatic === undefined || !mayAsk(role, facts.groups, by.person)) return [];
  if (overdueReviews(facts, by.person).length > 0) return [];
  return useOf(command, automatic, facts) === undefined ? [] : automatic.when;
}

/** Whether policy approves by itself, on what grounds, and which use of the budget that is. */
export function byItself(
  command: Pick<Asked, "target" | "role">,
  { approval: { automatic } }: Role,
  facts: Omit<Facts, "keys">,
): ByItself {
  if (automatic === undefined) return { automatic: undefined, spent: undefined, facts: undefined };
  const use = useOf(command, automatic, facts);
  if (use === undefined) return { automatic: undefined, spent: budgetOf(automatic), facts: undefined };
  if (automatic.when.length === 0) return { automatic: use, spent: undefined, facts: undefined };
  const seen = automatic.when.map((condition) => seenOf(condition, facts));
  return { automatic: seen.every(({ holds }) => holds) ? use : undefined, spent: undefined, facts: seen };
}

/**
 * Where nobody else could decide, facts that don't hold are the end of it.
 *
 * @throws `FACTS_MISSING`
 */
export function refuseOnFacts(facts: Verdict["facts"], { approval }: Role): void {
  if (facts === undefined || approval.approvers !== undefined) return;
  throw new Refusal("FACTS_MISSING", `Policy approves this by itself only on facts, and ${factsText(facts)}.`, {
    next: "Nobody else can approve it. Ask again when they hold, or ask whoever keeps the policy.",
  });
}

/** What did not hold, as the end of a sentence: `these do not hold: not on call in primary`. */
export function factsText(facts: NonNullable<Verdict["facts"]>): string {
  const missing = facts.filter(({ holds }) => !holds).map(({ why }) => why ?? "it was not seen");
  return `${missing.length === 1 ? "this does not hold" : "these do not hold"}: ${missing.join("; ")}`;
}

/** What held, as a clause: `on call in primary, and incident open by tracker`. */
export function groundsText(facts: NonNullable<Verdict["facts"]>): string {
  return list(
    facts.map(({ kind, of }) =>
      kind === "onCall" ? `on call in ${list(of, "or")}` : `incident open by ${list(of, "or")}`,
    ),
    "and",
  );
}

function seenOf(condition: Condition, { seen = [], now }: Pick<Facts, "seen" | "now">): SeenFact {
  const { kind, of } = condition;
  const found = seen.find((each) => each.kind === kind && each.of.join() === of.join());
  if (found === undefined) return { kind, of, holds: false, why: `${list(of, "or")} was not looked at`, at: now };
  // A yes that is too old is none, whoever kept it; nor is one from long after now, of which nobody knows how old it is.
  const fresh = Math.abs(now - found.at) <= SEEN_FRESH_MS;
  if (found.holds && !fresh) return { ...found, holds: false, why: `${list(of, "or")} was read too long ago` };
  return found;
}

/** Undefined when the budget is used up. */
function useOf(
  { target, role }: Pick<Asked, "target" | "role">,
  { budget }: Automatic,
  { earlier, now }: Pick<Facts, "earlier" | "now">,
): Verdict["automatic"] {
  if (budget === undefined) return {};
  const used = earlier.filter(
    (each) =>
      each.target === target &&
      each.role === role &&
      each.verdict.automatic !== undefined &&
      // What was never confirmed used nothing up.
      (each.confirmed || each.phase === "unconfirmed") &&
      each.openedAt > now - budget.per,
  ).length;
  return used < budget.uses ? { use: used + 1, of: budget.uses, perMs: budget.per } : undefined;
}

function budgetOf({ budget }: Automatic): Verdict["spent"] {
  return budget && { of: budget.uses, perMs: budget.per };
}
