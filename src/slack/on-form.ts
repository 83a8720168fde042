import type { App, ViewSubmitAction } from "@slack/bolt";
import { receiptCard } from "../cards/private-cards.ts";
import type { Outcome } from "../app/order.ts";
import { within } from "../app/within.ts";
import { standing } from "../domain/standing.ts";
import { asCoded, Refusal } from "../errors.ts";
import { ACK_LIMIT_MS, answerCard, answerError, answerSentence, type Answer } from "./answer.ts";
import type { SlackContext } from "./context.ts";
import { DENY_FORM, REASON } from "./deny-form.ts";
import { oneOf } from "./one-of.ts";
import { fieldOf, readForm, readMetadata, readToRedraw, REQUEST_FORM, requestForm } from "./request-form.ts";
import { readReview, REVIEW_FORM } from "./review-form.ts";

/** How a submission is answered: nothing closes the form, errors stand on their fields. */
type Ack = (response?: { response_action: "errors"; errors: Record<string, string> }) => Promise<void>;
type FormView = ViewSubmitAction["view"];

/** A form that somebody sent. */
interface Submitted {
  readonly account: string;
  readonly view: FormView;
}

/** What comes of it, and what is said of that to them alone. */
interface Submission {
  readonly work: Promise<Outcome>;
  readonly receipt: (outcome: Outcome, late: boolean) => Answer | undefined;
}

type Settled = { readonly outcome: Outcome } | { readonly error: unknown };

/** The forms: asking, denying, and reviewing. What is wrong is shown on the field it is about. */
export function onForm(app: App, context: SlackContext): void {
  const { handle, queries, whois, client, messenger, names, log } = context;

  app.action({ type: "block_actions", action_id: /^(target|role)$/ }, async ({ ack, body }) => {
    await ack();
    const { view, user } = body;
    if (view === undefined) return;
    const { person } = await whois(user.id);
    const offers = await queries.offers(person ?? "");
    const form = requestForm(offers, readToRedraw(view.state), readMetadata(view.private_metadata));
    await client.views.update({ view_id: view.id, hash: view.hash, view: form });
  });

  const forms: Readonly<Record<string, (submitted: Submitted) => Submission>> = {
    [REQUEST_FORM]: ({ account, view }) => {
      const { target = "", role = "", duration, justification = "" } = readForm(view.state);
      const { after, thread: typedIn } = readMetadata(view.private_metadata);
      const open = async () => {
        // Who asks again goes on where the earlier request's thread stands.
        const thread =
          typedIn ?? (after === undefined ? undefined : (await queries.request(after))?.channels.slack?.thread);
        const delivery = `slack ${view.id}`;
        const order = { type: "OpenRequest", target, role, duration, justification, thread, after, delivery } as const;
        return await handle({ via: "slack", account }, order);
      };
      // A submission that came twice finds its request, which has its receipt already.
      const receipt = ({ state, events, confirm }: Outcome) =>
        events.length === 0 ? undefined : answerCard(receiptCard(state, confirm), names);
      return { work: open(), receipt };
    },

    [DENY_FORM]: ({ account, view }) => {
      const reason = view.state.values[REASON]?.[REASON]?.value ?? "";
      const work = handle({ via: "slack", account }, { type: "Deny", id: view.private_metadata, reason });
      // In time, the card that turns says it all.
      const receipt = ({ state }: Outcome, late: boolean) =>
        late ? answerSentence(`Recorded. ${state.id}: ${standing(state, names.name)}`) : undefined;
      return { work, receipt };
    },

    [REVIEW_FORM]: ({ account, view }) => {
      const order = { type: "SubmitReview", id: view.private_metadata, said: readReview(view.state) } as const;
      const receipt = ({ state }: Outcome, late: boolean) =>
        late ? answerSentence(`Recorded: your review of ${state.id}.`) : undefined;
      return { work: handle({ via: "slack", account }, order), receipt };
    },
  };

  app.view<ViewSubmitAction>(oneOf(Object.keys(forms)), async ({ ack, body, view }) => {
    const submitted = { account: body.user.id, view };
    const submission = forms[view.callback_id]?.(submitted);
    if (submission !== undefined) await answerForm(submission, submitted, ack);
  });

  /** A form that isn't answered in time closes; what came of it, be it a refusal, is then told in a direct message. */
  async function answerForm(submission: Submission, { account, view }: Submitted, ack: Ack): Promise<void> {
    const { receipt } = submission;
    const work: Promise<Settled> = submission.work.then(
      (outcome) => ({ outcome }),
      (error: unknown) => ({ error }),
    );
    const inTime = await within(ACK_LIMIT_MS, work, () => new Error("late")).catch(() => undefined);
    if (inTime !== undefined && "error" in inTime) {
      await ack({ response_action: "errors", errors: errorsOf(inTime.error, view) });
      return;
    }
    // A socket that ended meanwhile takes no ack: what was recorded is told all the same.
    await ack().catch(() => undefined);
    const settled = inTime ?? (await work);
    const late = inTime === undefined;
    const answer = "error" in settled ? answerError(settled.error, log) : receipt(settled.outcome, late);
    if (answer !== undefined) await messenger.tellPrivately(account, answer);
  }

  function errorsOf(thrown: unknown, view: FormView): Record<string, string> {
    const error = asCoded(thrown);
    if (!(error instanceof Refusal)) log.error("a form failed", { error: thrown });
    return { [fieldOf(error.code, view.blocks)]: `${error.message} ${error.next}`.trim() };
  }
}
