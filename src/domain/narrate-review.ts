import { formatDuration } from "./duration.ts";
import type { DomainEvent } from "./events.ts";
import type { Actor } from "./people.ts";
import type { RequestState } from "./request.ts";
import { answersSchema, type Answers, type FollowUp } from "./review.ts";
import { list, moment, type Span, type Text } from "./text.ts";

export type ReviewEvent = Extract<
  DomainEvent,
  { type: "ReviewOpened" | "ReviewReminded" | "ReviewSubmitted" | "FollowUpReminded" | "FollowUpSent" | "FollowUpDone" }
>;

/** What became of a review, one line a fact. @param state - the request right after it */
export function narrateReview(event: ReviewEvent, state: RequestState): Text {
  switch (event.type) {
    case "ReviewOpened": {
      const { reviewer, by, dueAt } = event.data;
      const due = moment(dueAt, event.at);
      return reviewer === undefined
        ? [`🔴 Of ${list(by, "and")} nobody is there to review it who neither asked nor approved. It is due `, due, "."]
        : ["Review by ", { mention: reviewer }, ", due ", due, "."];
    }
    case "ReviewReminded":
      return reminded(event.data.overdue, event.data.leftMs, state);
    case "ReviewSubmitted":
      return submitted(event.data, event.actor, state);
    case "FollowUpReminded":
      return ["🔴 Not done yet: ", ...followUpText(found(state, event.data.nth)), "."];
    case "FollowUpSent":
      return ["Sent to the tracker: ", { said: found(state, event.data.nth)?.what ?? "" }, "."];
    case "FollowUpDone":
      return [personOf(event.actor), " says it is done: ", { said: found(state, event.data.nth)?.what ?? "" }, "."];
  }
}

/** What a reviewer is reminded of, in the thread and in the security channel. */
export function reminded(overdue: boolean, leftMs: number, { review }: RequestState): Text {
  const who: Span = review?.reviewer === undefined ? "somebody who may" : { mention: review.reviewer };
  return overdue
    ? ["🔴 The review was due ", { time: review?.dueAt ?? 0, day: true }, ", and waits for ", who, "."]
    : [`${formatDuration(leftMs)} left for the review by `, who, "."];
}

/** One follow-up: `raise the pool size (Bob Ortiz, until 2026-12-01)`. */
export function followUpText(followUp: FollowUp | undefined): Text {
  if (followUp === undefined) return [];
  const { what, owner, due } = followUp;
  return [{ said: what }, " (", { person: owner }, `, until ${due})`];
}

const USE: Readonly<Record<Answers["use"], string>> = {
  emergency: "an emergency",
  routine: "routine work",
  drill: "a drill",
  misuse: "🔴 misuse",
};
const NEEDED: Readonly<Record<Answers["needed"], string>> = {
  yes: "it was needed",
  partly: "it was needed in part",
  no: "it was not needed",
};

function submitted(data: unknown, actor: Actor, state: RequestState): Text {
  const { use, needed, duration, scope } = answersSchema.parse(data);
  const { prevention = "" } = state.review?.submitted ?? {};
  const how = `${USE[use]}; ${NEEDED[needed]}; the time was ${duration.replace("-", " ")}, the scope ${scope.replace("-", " ")}`;
  const prevented: Text = prevention === "" ? [] : [` It would be unnecessary with: "`, { said: prevention }, `".`];
  const followUps = (state.review?.followUps ?? []).flatMap((each): Span[] => [
    each.nth === 1 ? " To be done: " : "; ",
    ...followUpText(each),
  ]);
  return ["Reviewed by ", personOf(actor), `: ${how}.`, ...prevented, ...followUps, followUps.length === 0 ? "" : "."];
}

function found({ review }: RequestState, nth: number): FollowUp | undefined {
  return review?.followUps.find((each) => each.nth === nth);
}

function personOf({ person, account = "" }: Actor): Span {
  return person === undefined ? account : { person };
}
