import { ownersOf } from "../cards/review-questions.ts";
import { humans } from "../domain/policy/humans.ts";
import type { Said } from "../domain/review.ts";
import type { RequestState } from "../domain/request.ts";
import { answerSentence, errorSentence } from "./answer.ts";
import type { TeamsContext } from "./context.ts";
import { dialogAnswer, type InvokeAnswer } from "./invoke.ts";
import { readReview, reviewForm } from "./review-form.ts";

/**
 * The dialog of a review, for who may fill it in.
 *
 * @throws `REQUEST_UNKNOWN`, `REVIEW_NOT_OPEN`, `NOT_REVIEWER`
 */
export async function reviewDialog(context: TeamsContext, account: string, id: string): Promise<InvokeAnswer> {
  const { queries, whois } = context;
  return drawn(context, await queries.toReview(id, await whois(account)));
}

/** Takes a review; what is wrong is shown in the dialog, with what stood there. @param late - whether the dialog was closed by now */
export async function takeReview(
  context: TeamsContext,
  account: string,
  submitted: { readonly request: string },
  late: () => boolean,
): Promise<InvokeAnswer> {
  const { handle, queries, messenger, log } = context;
  const said = readReview(submitted);
  try {
    const { state } = await handle({ via: "teams", account }, { type: "SubmitReview", id: submitted.request, said });
    if (late()) await messenger.tellPrivately(account, answerSentence(`Recorded: your review of ${state.id}.`));
    return { status: 200, body: {} };
  } catch (error) {
    const problem = errorSentence(error, log);
    if (late()) await messenger.tellPrivately(account, answerSentence(problem));
    const state = await queries.request(submitted.request);
    if (state === undefined) throw error;
    return drawn(context, state, { said, problem });
  }
}

function drawn(
  { policy, names }: TeamsContext,
  state: RequestState,
  sent?: { readonly said: Said; readonly problem: string },
): InvokeAnswer {
  const owners = ownersOf(humans(policy()), state);
  return dialogAnswer(`Review ${state.id}`.slice(0, 60), reviewForm(state, owners, names, sent));
}
