import { Refusal } from "../errors.ts";
import type { Facts } from "./commands.ts";
import { peopleOf } from "./people.ts";
import type { Policy, Role } from "./policy/schema.ts";
import type { ReviewTerms } from "./review.ts";
import { isReviewOverdue, reviewTerms } from "./review-agenda.ts";
import { list } from "./text.ts";

/** An emergency is reviewed also where the policy says nothing of reviews: by those who would have approved it. */
const EMERGENCY_DUE_MS = 86_400_000;

/** Whether any overdue review can hold a request up. */
export function anyGate({ review, targets }: Policy): boolean {
  const roles = Object.values(targets).flatMap(({ roles: each }) => Object.values(each));
  return review?.gate === true || roles.some((role) => role.review !== false && role.review?.gate === true);
}

/** How a request for this role is reviewed afterwards, as policy says now. */
export function reviewOf(
  { review: own, approval, requesters }: Role,
  { policy, groups }: Pick<Facts, "policy" | "groups">,
  requester: string,
): ReviewTerms | undefined {
  const rule = own ?? policy.review;
  if (rule === undefined || rule === false) {
    const { emergency, approvers } = approval;
    if (emergency === undefined || approvers === undefined) return undefined;
    return { by: approvers, dueMs: EMERGENCY_DUE_MS, emergencyOnly: true };
  }
  const team = requesters.filter((group) => peopleOf(groups, [group]).includes(requester));
  return { by: rule.by, dueMs: rule.due, ...(rule.gate ? { gates: team } : {}) };
}

/** The requests whose overdue reviews hold this person's requests up: those of people who could ask by the same groups. */
export function overdueReviews({ unreviewed, groups, now }: Omit<Facts, "keys">, requester: string): string[] {
  return unreviewed
    .filter((state) => isReviewOverdue(state, now))
    .filter((state) => peopleOf(groups, reviewTerms(state)?.gates ?? []).includes(requester))
    .map(({ id }) => id);
}

/** Why a request can't be taken that has no emergency path. */
export function heldUp(ids: readonly string[]): Refusal {
  return new Refusal(
    "REVIEW_OVERDUE",
    `The review of ${list(ids, "and")} is overdue, and your team asks for nothing before that is done.`,
    {
      next: "Ask its reviewer; the thread names them. An emergency path, where a role has one, stays open.",
    },
  );
}
