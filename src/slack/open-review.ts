import { humans } from "../domain/policy/humans.ts";
import { within } from "../app/within.ts";
import { ownersOf } from "../cards/review-questions.ts";
import { CodedError } from "../errors.ts";
import type { SlackContext } from "./context.ts";
import { reviewForm } from "./review-form.ts";
import { showForm } from "./show-form.ts";

/** A trigger lives 3 s, and a review's form shows facts that have to be read first. */
const LOOK_UP_MS = 2_000;

/**
 * Puts a review's form before whoever may fill it in.
 *
 * @throws `REQUEST_UNKNOWN`, `REVIEW_NOT_OPEN`, `NOT_REVIEWER`; `CHAT_FAILED` when it could not be opened in time
 */
export async function openReview(context: SlackContext, account: string, trigger: string, id: string): Promise<void> {
  const { queries, whois, client, policy, names } = context;
  const look = async () => await queries.toReview(id, await whois(account));
  const late = () =>
    new CodedError("CHAT_FAILED", "The form could not be opened in time. Nothing was recorded.", {
      next: "Click again.",
    });
  const state = await within(LOOK_UP_MS, look(), late);
  const owners = ownersOf(humans(policy()), state);
  await showForm(client, trigger, reviewForm(state, owners, names));
}
