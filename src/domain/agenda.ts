import { drillAgenda, type DrillTask } from "./drill-agenda.ts";
import { reviewAgenda, type ReviewTask } from "./review-agenda.ts";
import { mayHaveAccess, type RequestState } from "./request.ts";

/** Something the program must do for a request by itself. */
export type Task =
  | { readonly kind: "lapse" }
  | { readonly kind: "escalate"; readonly step: number; readonly to: readonly string[] }
  | { readonly kind: "offer-emergency"; readonly maxMs: number }
  | { readonly kind: "grant"; readonly attempt: number; readonly deadline: number }
  | { readonly kind: "give-up"; readonly attempt: number }
  /** Ask the target for a fresh secret; the deadline stays what it is. */
  | { readonly kind: "rotate"; readonly number: number; readonly attempt: number; readonly deadline: number }
  | { readonly kind: "warn"; readonly leftMs: number }
  | { readonly kind: "revoke"; readonly attempt: number; readonly started: boolean }
  | { readonly kind: "overdue"; readonly stage: "page" | "by-hand" }
  | DrillTask
  | ReviewTask;

/** A task and when it is outstanding, epoch milliseconds: from `at`, and before `until` where that is given. */
export interface Item {
  readonly at: number;
  readonly until?: number;
  readonly task: Task;
}

/**
 * How long an unanswered grant is left to the worker that began it, before another asks the target again: longer than
 * any provider call may take.
 */
export const GRANT_LEASE_MS = 40_000;

/** A request that its requester has to confirm with a key, and doesn't, lapses after this time. */
export const CONFIRM_WITHIN_MS = 900_000;

const PAGE_AFTER_MS = 60_000;
const BY_HAND_AFTER_MS = 300_000;
const LONGEST_WARNING_MS = 300_000;
const LONGEST_RETRY_MS = 60_000;

/** When the requester is warned: a fifth of the duration before the deadline, at most 5 minutes. */
export function warningMs(durationMs: number): number {
  return Math.min(Math.round(durationMs / 5), LONGEST_WARNING_MS);
}

/**
 * How long to wait after a failed revoke: 1 s, doubling to at most 60 s (promise P4). The jitter takes up to a tenth off
 * and is drawn from the failure's own moment, so that every replica waits for the same one.
 */
export function retryMs(failures: number, lastFailureAt: number): number {
  const full = Math.min(1_000 * 2 ** Math.min(failures - 1, 6), LONGEST_RETRY_MS);
  return Math.round(full * (1 - ((lastFailureAt % 97) / 96) * 0.1));
}

/**
 * Everything ahead of a request that no person has to do, each with its time. Derived from state alone: a lost, doubled or
 * late look has no other cure than the next look.
 *
 * @param state - the request as recorded
 */
export function agenda(state: RequestState): Item[] {
  return [...anyAgenda(state), ...drillAgenda(state)];
}

function anyAgenda(state: RequestState): Item[] {
  switch (state.phase) {
    case "unconfirmed":
      return [{ at: state.openedAt + CONFIRM_WITHIN_MS, task: { kind: "lapse" } }];
    case "waiting":
      return waiting(state);
    case "approved":
      return [grantItem(state), giveUp(state)];
    case "granting":
      return [grantItem(state), atDeadline(state)];
    case "active":
      return active(state);
    case "ending":
      return ending(state);
    case "ended":
      return reviewAgenda(state);
    case "denied":
    case "withdrawn":
    case "lapsed":
      return [];
  }
}

/**
 * The tasks whose time has come, in order.
 *
 * @param now - epoch milliseconds
 */
export function outstanding(state: RequestState, now: number): Task[] {
  return agenda(state)
    .filter(({ at, until = Infinity }) => at <= now && now < until)
    .sort((one, other) => one.at - other.at)
    .map(({ task }) => task);
}

/** The next moment at which a request wants a look, or undefined when it never will. */
export function nextLook(state: RequestState): number | undefined {
  const times = agenda(state).map(({ at }) => at);
  return times.length === 0 ? undefined : Math.min(...times);
}

/** A grant past its deadline whose end is not yet checked. Loud, and never final. */
export function isOverdue(state: RequestState, now: number): boolean {
  const endAt = state.ending?.endAt ?? state.deadline;
  return mayHaveAccess(state) && endAt !== undefined && now > endAt;
}

/** Nobody is called, and nothing is offered, once it is too late to decide. */
function waiting({ waitsFrom, verdict, escalations, emergencyOffered }: RequestState): Item[] {
  const until = waitsFrom + verdict.lapseMs;
  const items: Item[] = [{ at: until, task: { kind: "lapse" } }];
  const next = verdict.escalate[escalations];
  if (next !== undefined) {
    items.push({ at: waitsFrom + next.afterMs, until, task: { kind: "escalate", step: escalations + 1, to: next.to } });
  }
  if (verdict.emergency !== undefined && !emergencyOffered) {
    const { afterMs, maxMs } = verdict.emergency;
    items.push({ at: waitsFrom + afterMs, until, task: { kind: "offer-emergency", maxMs } });
  }
  return items;
}

/** A first attempt at once; a further one when the worker that began the last has had its time. */
function grantItem({ deadline = 0, approvedAt = 0, grant }: RequestState): Item {
  const at = grant === undefined ? approvedAt : grant.startedAt + GRANT_LEASE_MS;
  return { at, until: deadline, task: { kind: "grant", attempt: (grant?.attempt ?? 0) + 1, deadline } };
}

/** What was never asked of the target before its deadline is given up, not begun. */
function giveUp({ deadline = 0 }: RequestState): Item {
  return { at: deadline, task: { kind: "give-up", attempt: 1 } };
}

function atDeadline({ deadline = 0 }: RequestState): Item {
  return { at: deadline, task: { kind: "revoke", attempt: 1, started: false } };
}

function active(state: RequestState): Item[] {
  const { deadline = 0, durationMs } = state;
  const leftMs = warningMs(durationMs);
  const warning: Item = { at: deadline - leftMs, until: deadline, task: { kind: "warn", leftMs } };
  // Nobody has a drill's access who could be warned.
  return [...(state.warned || state.drill !== undefined ? [] : [warning]), ...rotation(state), atDeadline(state)];
}

/** As a grant is: at once, and again when the worker that began has had its time. */
function rotation({ rotation: asked, deadline = 0 }: RequestState): Item[] {
  if (asked === undefined) return [];
  const { number, attempt, since } = asked;
  const at = attempt === 0 ? since : since + GRANT_LEASE_MS;
  return [{ at, until: deadline, task: { kind: "rotate", number, attempt: attempt + 1, deadline } }];
}

function ending({ ending: end }: RequestState): Item[] {
  if (end === undefined) return [];
  const retryAt =
    end.lastFailureAt === undefined ? end.endAt : end.lastFailureAt + retryMs(end.failures, end.lastFailureAt);
  const items: Item[] = [{ at: retryAt, task: { kind: "revoke", attempt: end.failures + 1, started: true } }];
  if (end.stage === "none") items.push({ at: end.endAt + PAGE_AFTER_MS, task: { kind: "overdue", stage: "page" } });
  if (end.stage === "page")
    items.push({ at: end.endAt + BY_HAND_AFTER_MS, task: { kind: "overdue", stage: "by-hand" } });
  return items;
}
