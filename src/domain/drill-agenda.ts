import { isOver, type RequestState } from "./request.ts";

/** What the program must do by itself for a drill, beside what it does for any request. */
export type DrillTask =
  /** The drill's own approver votes. */
  | { readonly kind: "vote-drill"; readonly approver: string }
  /** Use the credential, and end the access then. */
  | { readonly kind: "try-drill" }
  | { readonly kind: "score-drill" };

interface Item {
  readonly at: number;
  readonly until?: number;
  readonly task: DrillTask;
}

/**
 * What is ahead of a drill.
 *
 * @param state - any request, at any time
 */
export function drillAgenda(state: RequestState): Item[] {
  const { drill, phase, approvals, waitsFrom, deadline = 0, endedAt = 0 } = state;
  if (drill === undefined) return [];
  if (phase === "waiting" && drill.approver !== undefined && approvals.length === 0)
    return [{ at: waitsFrom, task: { kind: "vote-drill", approver: drill.approver } }];
  if (phase === "active" && drill.tried === undefined)
    return [{ at: drill.grantedAt ?? 0, until: deadline, task: { kind: "try-drill" } }];
  if (isOver(state) && drill.score === undefined) return [{ at: endedAt, task: { kind: "score-drill" } }];
  return [];
}
