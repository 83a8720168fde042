import { z } from "zod";
import type { Order } from "../app/handle.ts";
import { within } from "../app/within.ts";
import type { Action } from "../cards/card.ts";
import { standing } from "../domain/standing.ts";
import { nameSchema, withoutThread, type Activity } from "./activity.ts";
import { errorSentence } from "./answer.ts";
import { DELIVERY_KEPT_MS, type TeamsContext } from "./context.ts";
import { cardAnswer, sentenceAnswer, type InvokeAnswer } from "./invoke.ts";
import { renderCard } from "./render-card.ts";

/** Teams gives up after some seconds, and shows that something went wrong. */
const ANSWER_LIMIT_MS = 3_000;

/** All that is read of a click: on which button, of which request. */
const clickSchema = z.object({
  action: z.object({ verb: z.string(), data: z.object({ request: nameSchema }) }),
});

type Ordered = Exclude<Order, { type: "OpenRequest" }>;

/** What each button orders. Those that open a dialog order nothing yet. */
const ORDERS: Readonly<Record<string, (id: string) => Ordered>> = {
  approve: (id) => ({ type: "Approve", id }),
  withdraw: (id) => ({ type: "Withdraw", id }),
  "break-glass": (id) => ({ type: "BreakGlass", id }),
  end: (id) => ({ type: "EndEarly", id }),
  revoke: (id) => ({ type: "RevokeNow", id }),
} satisfies Record<Exclude<Action, "deny" | "ask-again">, (id: string) => Ordered>;

/**
 * The buttons of every card. Whoever clicked gets the card as it is now, with what came of it above, be it a refusal; for
 * everybody else the message is brought up to date as after any other event.
 */
export async function onAction(context: TeamsContext, activity: Activity): Promise<InvokeAnswer> {
  const click = clickSchema.safeParse(activity.value);
  const account = activity.from.aadObjectId;
  const orderOf =
    click.success && Object.hasOwn(ORDERS, click.data.action.verb) ? ORDERS[click.data.action.verb] : undefined;
  if (!click.success || orderOf === undefined) return { status: 400 };
  if (account === undefined) return sentenceAnswer("Only people of this organisation can do anything here.");
  const id = click.data.action.data.request;
  const work = carryOut(context, activity, account, orderOf(id));
  const late = () => new Error("late");
  return await within(ANSWER_LIMIT_MS, work, late).catch(() =>
    sentenceAnswer("Working on it… The card turns when it is recorded."),
  );
}

async function carryOut(
  context: TeamsContext,
  activity: Activity,
  account: string,
  order: Ordered,
): Promise<InvokeAnswer> {
  const { handle, names, claim, log } = context;
  const delivery = `teams ${activity.conversation.id} ${activity.id}`;
  let note: string | undefined;
  // A click that is delivered again is answered with the truth, and changes nothing.
  if (activity.id === "" || (await claim(delivery, DELIVERY_KEPT_MS))) {
    try {
      const { state } = await handle({ via: "teams", account }, order);
      note = `Recorded. ${state.id}: ${standing(state, names.name)}`;
    } catch (error) {
      note = errorSentence(error, log);
    }
  }
  return await answered(context, order.id, activity, note);
}

async function answered(
  { cardAt, names, log }: TeamsContext,
  id: string,
  { conversation, replyToId }: Activity,
  note: string | undefined,
): Promise<InvokeAnswer> {
  try {
    const card = await cardAt(id, { channel: withoutThread(conversation.id), message: replyToId ?? "" });
    if (card !== undefined) return cardAnswer(renderCard(card, names, note));
  } catch (error) {
    log.warn("a card could not be drawn anew for whoever clicked", { request: id, error });
  }
  return sentenceAnswer(note ?? "This was received already.");
}
