import type { RequestState } from "./request.ts";
import { endOf, type FollowUp, type Review, type ReviewTerms } from "./review.ts";

/** What the program must do by itself for a request that is over. */
export type ReviewTask =
  | { readonly kind: "open-review"; readonly terms: ReviewTerms }
  | { readonly kind: "remind-review"; readonly dueAt: number; readonly overdue: boolean }
  | { readonly kind: "remind-follow-up"; readonly nth: number };

interface Item {
  readonly at: number;
  readonly task: ReviewTask;
}

/** An overdue review is told of each day, and a follow-up that is not done each week. */
const OVERDUE_AGAIN_MS = 86_400_000;
const FOLLOW_UP_AGAIN_MS = 7 * 86_400_000;

/**
 * How a request is reviewed once it is over; undefined where it isn't: access that was never there needs no review.
 *
 * @param state - at any time
 */
export function reviewTerms({ verdict: { review }, grant, emergency }: RequestState): ReviewTerms | undefined {
  if (review === undefined || grant?.outcome !== "given") return undefined;
  return review.emergencyOnly === true && !emergency ? undefined : review;
}

/** What is ahead of a request that has ended: its review, reminders of it, and of what came of it. */
export function reviewAgenda(state: RequestState): Item[] {
  const terms = reviewTerms(state);
  if (terms === undefined) return [];
  const { review, endedAt = 0 } = state;
  if (review === undefined) return [{ at: endedAt, task: { kind: "open-review", terms } }];
  return review.submitted === undefined ? [reminder(review)] : review.followUps.flatMap(followUpReminder);
}

/** Once when a quarter of the time is left, and from when it is due on again and again. */
function reminder({ openedAt, dueAt, reminded, overdues, overdueToldAt }: Review): Item {
  if (!reminded && overdues === 0) {
    const at = dueAt - Math.round((dueAt - openedAt) / 4);
    return { at, task: { kind: "remind-review", dueAt, overdue: false } };
  }
  const at = overdueToldAt === undefined ? dueAt : overdueToldAt + OVERDUE_AGAIN_MS;
  return { at, task: { kind: "remind-review", dueAt, overdue: true } };
}

function followUpReminder({ nth, due, doneAt, remindedAt }: FollowUp): Item[] {
  if (doneAt !== undefined) return [];
  const at = remindedAt === undefined ? endOf(due) : remindedAt + FOLLOW_UP_AGAIN_MS;
  return [{ at, task: { kind: "remind-follow-up", nth } }];
}

/** Whether a review is asked for, and late. */
export function isReviewOverdue({ review }: RequestState, now: number): boolean {
  return review !== undefined && review.submitted === undefined && now > review.dueAt;
}
