import type { DomainEvent, NewEvent } from "./events.ts";
import { CLOCK } from "./people.ts";
import type { DrillRule } from "./policy/schema.ts";

/** When a drill is to run, as recorded. */
export interface Plan {
  readonly plannedAt: number;
  readonly person: string;
  readonly everyMs: number;
  readonly dueAt: number;
  /** For which due moment people were told that it comes, and that it was missed. */
  readonly announcedFor?: number;
  readonly missedFor?: number;
}

/** By target and role. */
export type Plans = ReadonlyMap<string, Plan>;

const DAY_MS = 86_400_000;

/** The name of a drill's rule. */
export function ruleName({ target, role }: Pick<DrillRule, "target" | "role">): string {
  return `${target} ${role}`;
}

/** How long before it is due a drill is announced, and how late it may run before it counts as missed: a tenth of its period, a day at most. */
export function marginMs(everyMs: number): number {
  return Math.min(Math.round(everyMs / 10), DAY_MS);
}

/** Folds what is recorded of plans. Other events change nothing. */
export function foldPlans(events: readonly DomainEvent[]): Plans {
  const plans = new Map<string, Plan>();
  for (const event of events) {
    if (event.type === "DrillPlanned") {
      const { person, everyMs, dueAt } = event.data;
      plans.set(ruleName(event.data), { plannedAt: event.at, person, everyMs, dueAt });
    }
    if (event.type !== "DrillAnnounced" && event.type !== "DrillMissed") continue;
    const plan = plans.get(ruleName(event.data));
    const { dueAt } = event.data;
    const told = event.type === "DrillMissed" ? { missedFor: dueAt } : { announcedFor: dueAt };
    if (plan !== undefined) plans.set(ruleName(event.data), { ...plan, ...told });
  }
  return plans;
}

/** A drill's rule that comes by itself. */
export type Recurring = DrillRule & { readonly every: number };

export function isRecurring(rule: DrillRule): rule is Recurring {
  return rule.every !== undefined;
}

/** When it is due: its period after the last one, or as it was planned since. Epoch milliseconds. */
export function dueOf({ every }: Recurring, plan: Plan, lastAt: number | undefined): number {
  return lastAt === undefined || lastAt < plan.plannedAt ? plan.dueAt : lastAt + every;
}

/** The plan of a drill that has none yet, or another one than the policy's. Undefined where it is as it should be. */
export function planned(
  rule: Recurring,
  plan: Plan | undefined,
  lastAt: number | undefined,
  now: number,
): NewEvent | undefined {
  const { target, role, person, every: everyMs, announce } = rule;
  if (plan?.everyMs === everyMs && plan.person === person) return undefined;
  const soonest = announce ? now + marginMs(everyMs) : now;
  const dueAt = Math.max(soonest, lastAt === undefined ? 0 : lastAt + everyMs);
  return { type: "DrillPlanned", actor: CLOCK, data: { target, role, person, everyMs, dueAt } };
}

/** What there is to do for a drill by now, and when it is worth to look again. */
export interface Due {
  readonly dueAt: number;
  readonly announce: boolean;
  readonly begin: boolean;
  readonly missed: boolean;
  /** Epoch milliseconds. */
  readonly nextAt: number;
}

/**
 * What there is to do for a drill.
 *
 * @param lastAt - when the last one was begun, if any
 * @param now - epoch milliseconds
 */
export function due(rule: Recurring, plan: Plan, lastAt: number | undefined, now: number): Due {
  const dueAt = dueOf(rule, plan, lastAt);
  const margin = marginMs(rule.every);
  const wantsTelling = rule.announce && plan.announcedFor !== dueAt;
  const isDue = now >= dueAt;
  return {
    dueAt,
    announce: wantsTelling && now >= dueAt - margin,
    begin: isDue && !wantsTelling,
    missed: now >= dueAt + margin && plan.missedFor !== dueAt,
    nextAt: isDue ? now : wantsTelling ? dueAt - margin : dueAt,
  };
}
