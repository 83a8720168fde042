import { ERASED, type DomainEvent } from "./events.ts";
import { followUpNote, type FollowUp, type Review } from "./review.ts";

type ReviewEvent = Extract<
  DomainEvent,
  { type: "ReviewOpened" | "ReviewReminded" | "ReviewSubmitted" | "FollowUpReminded" | "FollowUpSent" | "FollowUpDone" }
>;

/**
 * Folds an event into a request's review.
 *
 * @param review - undefined before it is opened
 */
export function evolveReview(review: Review | undefined, event: ReviewEvent): Review {
  if (event.type === "ReviewOpened") {
    const { dueAt, reviewer } = event.data;
    return { openedAt: event.at, dueAt, reviewer, reminded: false, overdues: 0, followUps: [] };
  }
  if (review === undefined) throw new Error(`a review begins with ${event.type}`);
  switch (event.type) {
    case "ReviewReminded":
      return event.data.overdue
        ? { ...review, overdues: review.overdues + 1, overdueToldAt: event.at }
        : { ...review, reminded: true };
    case "ReviewSubmitted":
      return submitted(review, event);
    case "FollowUpReminded":
      return changed(review, event.data.nth, (each) => ({
        ...each,
        reminders: each.reminders + 1,
        remindedAt: event.at,
      }));
    case "FollowUpSent":
      return changed(review, event.data.nth, (each) => ({ ...each, sentAt: event.at }));
    case "FollowUpDone":
      return changed(review, event.data.nth, (each) => ({ ...each, doneAt: event.at }));
  }
}

function submitted(
  review: Review,
  { at, actor, data, notes }: Extract<ReviewEvent, { type: "ReviewSubmitted" }>,
): Review {
  const { followUps, ...answers } = data;
  return {
    ...review,
    submitted: { ...answers, at, by: actor.person ?? "", prevention: notes?.["prevention"] ?? "" },
    followUps: followUps.map((each, index) => {
      const nth = index + 1;
      return { ...each, nth, what: notes?.[followUpNote(nth)] ?? ERASED, reminders: 0 };
    }),
  };
}

function changed(review: Review, nth: number, change: (each: FollowUp) => FollowUp): Review {
  return { ...review, followUps: review.followUps.map((each) => (each.nth === nth ? change(each) : each)) };
}
