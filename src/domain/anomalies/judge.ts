import type { EventData, NewEvent } from "../events.ts";
import { CLOCK } from "../people.ts";
import type { RequestState } from "../request.ts";
import { cut, plainLine } from "../text.ts";
import { clockTime } from "./clock-time.ts";
import { conditionHolds } from "./condition.ts";
import type { Category, Fact, Facts } from "./facts.ts";
import type { Rule } from "./rule.ts";
import { fitsSelection } from "./selection.ts";

type Raised = Extract<NewEvent, { type: "AnomalyRaised" }>;

const TEXTS_MAX = 5;
const TEXT_MAX = 130;

/**
 * The rules that something fits, as events; each rule is raised once a request.
 *
 * @param known - the rules that were raised for the request before
 * @param at - when it happened, epoch milliseconds
 * @param statement - the number of the statement, where it is one
 */
export function judge(
  rules: readonly Rule[],
  category: Category,
  facts: Facts,
  options: { readonly known: ReadonlySet<string>; readonly at: number; readonly statement?: number },
): Raised[] {
  const { known, at, statement } = options;
  return rules.flatMap((rule): Raised[] => {
    if (rule.category !== category || known.has(rule.id)) return [];
    const seen: Facts = category === "grant" ? { ...facts, ...clockTime(at, rule.timezone) } : facts;
    const fits = conditionHolds(rule.condition, (name) => fitsSelection(rule.selections.get(name) ?? [], seen));
    if (!fits) return [];
    const { id, title, level, action } = rule;
    const found = Object.fromEntries(
      rule.looksAt.flatMap((name) => {
        const fact = seen[name];
        return fact === undefined ? [] : [[name, short(fact)]];
      }),
    ) as EventData<"AnomalyRaised">["facts"];
    const data = { rule: id, title, level, action, facts: found, ...(statement !== undefined && { statement }) };
    return [{ type: "AnomalyRaised", actor: CLOCK, data }];
  });
}

/** What follows from anomalies: where a rule says so, the access is ended. */
export function consequences(raised: readonly Raised[], state: RequestState, at: number): NewEvent[] {
  const ending = raised.find(({ data }) => data.action === "end");
  const isOn = ["approved", "granting", "active"].includes(state.phase);
  if (ending === undefined || !isOn) return [...raised];
  const notes = { reason: ending.data.title };
  return [...raised, { type: "RevokeStarted", actor: CLOCK, data: { cause: "ordered", endAt: at }, notes }];
}

function short(fact: Fact): string | number | boolean | string[] {
  if (typeof fact === "object") return fact.slice(0, TEXTS_MAX).map((text) => cut(plainLine(text), TEXT_MAX));
  return typeof fact === "string" ? cut(plainLine(fact), TEXT_MAX) : fact;
}
