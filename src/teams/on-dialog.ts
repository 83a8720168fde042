import { z } from "zod";
import { within } from "../app/within.ts";
import { receiptCard } from "../cards/private-cards.ts";
import { writeDuration } from "../domain/duration.ts";
import { standing } from "../domain/standing.ts";
import { nameSchema, type Activity } from "./activity.ts";
import { answerCard, answerSentence, errorSentence } from "./answer.ts";
import type { TeamsContext } from "./context.ts";
import { denyForm } from "./deny-form.ts";
import { dialogAnswer, dialogMessage, type InvokeAnswer } from "./invoke.ts";
import type { TeamsMessage } from "./render-card.ts";
import { choiceOf, readSubmitted, requestForm, type FormValues } from "./request-form.ts";
import { reviewDialog, takeReview } from "./review-dialog.ts";

/** Teams gives up after some seconds, and shows that something went wrong. */
const ANSWER_LIMIT_MS = 3_000;
const TITLE = "Break glass";
const STRANGER = "Only people of this organisation can do anything here.";

const fetchSchema = z.object({
  data: z.discriminatedUnion("verb", [
    z.object({ verb: z.literal("form"), form: nameSchema }),
    z.object({ verb: z.literal("deny"), request: nameSchema }),
    z.object({ verb: z.literal("ask-again"), request: nameSchema }),
    z.object({ verb: z.literal("ask"), request: nameSchema }),
    z.object({ verb: z.literal("review"), request: nameSchema }),
  ]),
});
const submitSchema = z.object({
  data: z.discriminatedUnion("verb", [
    z.looseObject({ verb: z.literal("request") }),
    z.object({ verb: z.literal("deny"), request: nameSchema, reason: z.string().default("") }),
    z.looseObject({ verb: z.literal("review"), request: nameSchema }),
  ]),
});

/** A button that opens a dialog: asking, asking again, denying, and reviewing. */
export async function onDialogOpened(context: TeamsContext, { value, from }: Activity): Promise<InvokeAnswer> {
  const asked = fetchSchema.safeParse(value);
  const account = from.aadObjectId;
  if (!asked.success) return { status: 400 };
  if (account === undefined) return dialogMessage(STRANGER);
  const { data } = asked.data;
  return await inTime(context, async () => {
    switch (data.verb) {
      case "deny":
        // Who could only be refused is told so.
        await context.queries.mayVote(data.request, await context.whois(account));
        return dialogAnswer(`Deny ${data.request}`.slice(0, 60), denyForm(data.request));
      case "form":
        return await form(context, account, { form: await opened(context, data.form) });
      case "review":
        return await reviewDialog(context, account, data.request);
      case "ask":
        return await form(context, account, await chosen(context, account, data.request));
      case "ask-again":
        return await form(context, account, await again(context, account, data.request));
    }
  });
}

/** A dialog that was filled in. What is wrong is shown in it, with what stood there. */
export async function onDialogSubmitted(context: TeamsContext, { value, from }: Activity): Promise<InvokeAnswer> {
  const submitted = submitSchema.safeParse(value);
  const account = from.aadObjectId;
  if (!submitted.success) return { status: 400 };
  if (account === undefined) return dialogMessage(STRANGER);
  const { data } = submitted.data;
  return await inTime(context, async (late) => {
    switch (data.verb) {
      case "deny":
        return await deny(context, account, data, late);
      case "review":
        return await takeReview(context, account, data, late);
      case "request":
        return await request(context, account, data, late);
    }
  });
}

async function form(
  context: TeamsContext,
  account: string,
  values: FormValues,
  problem?: string,
): Promise<InvokeAnswer> {
  const { person } = await context.whois(account);
  const offers = await context.queries.offers(person ?? "");
  if (offers.length === 0)
    return dialogMessage(
      "The policy lets you ask for nothing. Ask whoever keeps it to add you to a group of requesters.",
    );
  return dialogAnswer(TITLE, requestForm(offers, values, problem));
}

/** A button can be clicked again: each time it opens a form of its own name, or the second request would pass for the first one. */
async function opened({ conversations, token }: TeamsContext, button: string): Promise<string> {
  const name = token();
  const thread = await conversations.threadOfForm(button);
  if (thread !== undefined) await conversations.rememberForm(name, thread);
  return name;
}

/** What a home offered may be offered no longer. */
async function chosen({ queries, whois, token }: TeamsContext, account: string, what: string): Promise<FormValues> {
  const [target = "", role = ""] = what.split(" ");
  await queries.mayAsk((await whois(account)).person ?? "", { target, role });
  return { form: token(), what };
}

async function again({ queries, whois, token }: TeamsContext, account: string, after: string): Promise<FormValues> {
  const { person } = await whois(account);
  const { target, role, durationMs, justification } = await queries.again(after, person);
  return { form: token(), after, what: `${target} ${role}`, duration: writeDuration(durationMs), justification };
}

async function request(context: TeamsContext, account: string, data: unknown, late: Late): Promise<InvokeAnswer> {
  const { handle, queries, whois, conversations, messenger, names, log } = context;
  const submitted = readSubmitted(data);
  if (submitted === undefined) return { status: 400 };
  const { after, justification } = submitted;
  try {
    const earlier = after === undefined ? undefined : await queries.again(after, (await whois(account)).person);
    // Who asks again goes on where the earlier request's thread stands.
    const thread = earlier?.channels.teams?.thread ?? (await conversations.threadOfForm(submitted.form));
    const asked = { ...choiceOf(submitted), justification, thread, after, delivery: `teams form ${submitted.form}` };
    const { state, events, confirm } = await handle({ via: "teams", account }, { type: "OpenRequest", ...asked });
    // A submission that came twice finds its request, which has its receipt already. The dialog closes at once, however long
    // Teams lets the receipt wait.
    if (events.length > 0) context.afterwards(tell(context, account, answerCard(receiptCard(state, confirm), names)));
    return { status: 200, body: {} };
  } catch (error) {
    const problem = errorSentence(error, log);
    if (late()) await messenger.tellPrivately(account, answerSentence(problem));
    return await form(context, account, submitted, problem).catch(() => dialogMessage(problem));
  }
}

async function deny(
  context: TeamsContext,
  account: string,
  { request: id, reason }: { readonly request: string; readonly reason: string },
  late: Late,
): Promise<InvokeAnswer> {
  const { handle, messenger, names, log } = context;
  try {
    const { state } = await handle({ via: "teams", account }, { type: "Deny", id, reason });
    // In time, the card that turns says it all.
    if (late()) await tell(context, account, answerSentence(`Recorded. ${id}: ${standing(state, names.name)}`));
    return { status: 200, body: {} };
  } catch (error) {
    const problem = errorSentence(error, log);
    if (late()) await messenger.tellPrivately(account, answerSentence(problem));
    return dialogAnswer(`Deny ${id}`.slice(0, 60), denyForm(id, reason, problem));
  }
}

/** What is recorded is recorded, whether or not its requester can be told so alone. */
async function tell({ messenger, log }: TeamsContext, account: string, message: TeamsMessage): Promise<void> {
  await messenger.tellPrivately(account, message).catch((error: unknown) => {
    log.warn("somebody could not be answered alone", { account, error });
  });
}

/** Whether the dialog was closed by now: what came of it is then told in the chat. */
type Late = () => boolean;

async function inTime(
  { log, afterwards }: TeamsContext,
  work: (late: Late) => Promise<InvokeAnswer>,
): Promise<InvokeAnswer> {
  let isLate = false;
  const settled = work(() => isLate).catch((error: unknown) => dialogMessage(errorSentence(error, log)));
  afterwards(settled);
  const late = () => {
    isLate = true;
    return new Error("late");
  };
  return await within(ANSWER_LIMIT_MS, settled, late).catch(() =>
    dialogMessage("Working on it… What comes of it is told in your chat with me."),
  );
}
