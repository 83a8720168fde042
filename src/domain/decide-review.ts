import { Refusal } from "../errors.ts";
import type { CommandOf, Facts } from "./commands.ts";
import type { NewEvent } from "./events.ts";
import { peopleOf, type Actor } from "./people.ts";
import { humans } from "./policy/humans.ts";
import type { RequestState } from "./request.ts";
import { answersSchema, FOLLOW_UP_MAX, FOLLOW_UPS_MAX, followUpNote, PREVENTION_MAX, type Said } from "./review.ts";
import { reviewTerms } from "./review-agenda.ts";
import { cut, plainLine } from "./text.ts";

/**
 * Decides on a submitted review.
 *
 * @throws `REVIEW_NOT_OPEN`, `NOT_REVIEWER`, `REVIEW_INVALID`
 */
export function submitReview(state: RequestState, { by, said }: CommandOf<"SubmitReview">, facts: Facts): NewEvent[] {
  refuseReview(state, by, facts);
  const answers = answersSchema.safeParse(said);
  if (!answers.success) throw invalid("Each of the four questions takes one of its answers.", "Choose one for each.");
  if (said.followUps.length > FOLLOW_UPS_MAX)
    throw invalid(`A review has at most ${FOLLOW_UPS_MAX} follow-ups.`, "Put more into a ticket, and link to it.");
  const prevention = cut(plainLine(said.prevention), PREVENTION_MAX);
  if (answers.data.needed !== "yes" && prevention === "")
    throw invalid(
      "What would make it unnecessary?",
      "Say in a few words what was missing; that is what reviews are for.",
    );
  const followUps = said.followUps.map((each) => followUp(each, facts));
  const notes = Object.fromEntries(followUps.map(({ what }, index) => [followUpNote(index + 1), what]));
  return [
    {
      type: "ReviewSubmitted",
      actor: by,
      data: { ...answers.data, followUps: followUps.map(({ owner, due }) => ({ owner, due })) },
      notes: prevention === "" ? notes : { prevention, ...notes },
    },
  ];
}

function followUp({ what, owner, due }: Said["followUps"][number], { policy, now }: Facts): Said["followUps"][number] {
  const said = cut(plainLine(what), FOLLOW_UP_MAX);
  const next = "Say what is to be done, by whom, and until when; or leave all three empty.";
  if (said === "") throw invalid("A follow-up says what is to be done.", next);
  if (!humans(policy).includes(owner)) throw invalid("A follow-up has an owner whom the policy knows.", next);
  if (!/^\d{4}-\d{2}-\d{2}$/.test(due) || Number.isNaN(Date.parse(`${due}T00:00:00Z`)))
    throw invalid("A follow-up has a day until which it is done.", next);
  if (due < new Date(now).toISOString().slice(0, 10))
    throw invalid("A follow-up's day is not in the past.", "Choose today or a later day.");
  return { what: said, owner, due };
}

/**
 * Refuses whoever can't review a request now: neither who asked nor who approved judges their own doing.
 *
 * @throws `REVIEW_NOT_OPEN`, `NOT_REVIEWER`
 */
export function refuseReview(
  state: RequestState,
  by: Actor,
  { groups, policy }: Pick<Facts, "groups" | "policy">,
): void {
  const { id, review, requester, approvals } = state;
  const terms = reviewTerms(state);
  if (terms === undefined || review === undefined) {
    throw new Refusal("REVIEW_NOT_OPEN", `${id} has no review.`, {
      next: "A review is opened when access has ended, where the policy asks for one.",
    });
  }
  if (review.submitted !== undefined) {
    const name = policy.people[review.submitted.by]?.name ?? review.submitted.by;
    throw new Refusal("REVIEW_NOT_OPEN", `${id} is reviewed already, by ${name}.`, {
      next: "Its thread has what was said.",
    });
  }
  const refused = (why: string) =>
    new Refusal("NOT_REVIEWER", why, {
      next: `It takes one of ${terms.by.join(", ")} who neither asked nor approved.`,
    });
  if (by.person === undefined || by.person === requester) throw refused("Nobody reviews their own access.");
  if (approvals.some((approval) => approval.by.person === by.person))
    throw refused("Nobody reviews what they approved.");
  if (!peopleOf(groups, terms.by).includes(by.person)) throw refused(`You are not a reviewer of ${id}.`);
}

/**
 * Decides that a follow-up is done.
 *
 * @throws `FOLLOW_UP_UNKNOWN`, `NOT_REVIEWER`
 */
export function closeFollowUp(state: RequestState, { by, nth }: CommandOf<"CloseFollowUp">, facts: Facts): NewEvent[] {
  const found = state.review?.followUps.find((each) => each.nth === nth);
  if (found === undefined || found.doneAt !== undefined) {
    throw new Refusal("FOLLOW_UP_UNKNOWN", `${state.id} has no open follow-up ${nth}.`, {
      next: "/breakglass followups shows what is open.",
    });
  }
  const reviewers = peopleOf(facts.groups, reviewTerms(state)?.by ?? []);
  if (by.person === undefined || (by.person !== found.owner && !reviewers.includes(by.person))) {
    throw new Refusal("NOT_REVIEWER", "Only its owner or a reviewer says that a follow-up is done.", {
      next: "Ask one of them.",
    });
  }
  return [{ type: "FollowUpDone", actor: by, data: { nth } }];
}

function invalid(message: string, next: string): Refusal {
  return new Refusal("REVIEW_INVALID", message, { next });
}

/**
 * Who is asked to review: one of those who may, always the same one for the same request, and not always the same one for all.
 *
 * @returns undefined when everybody who may review asked or approved, or nobody could be read
 */
export function chooseReviewer(
  { id, requester, approvals }: RequestState,
  groups: Facts["groups"],
  by: readonly string[],
): string | undefined {
  const approvers = approvals.map((approval) => approval.by.person);
  const fit = peopleOf(groups, by)
    .filter((person) => person !== requester && !approvers.includes(person))
    .sort();
  return fit[Number.parseInt(id.replace(/\W/g, ""), 36) % fit.length];
}
