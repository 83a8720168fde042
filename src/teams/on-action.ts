import { z } from "zod";
import { BUTTON_ORDERS, type RequestOrder } from "../app/button-orders.ts";
import { KEY_ORDERS } from "../app/key-orders.ts";
import { within } from "../app/within.ts";
import { standing } from "../domain/standing.ts";
import type { Text } from "../domain/text.ts";
import type { Caller } from "../app/whois.ts";
import type { Action } from "../cards/card.ts";
import { isPersonal, nameSchema, withoutThread, type Activity } from "./activity.ts";
import { answerText, errorText, linkText } from "./answer.ts";
import { DELIVERY_KEPT_MS, type TeamsContext } from "./context.ts";
import { cardAnswer, sentenceAnswer, type InvokeAnswer } from "./invoke.ts";
import { homeAt } from "./home.ts";
import { renderCard } from "./render-card.ts";
import { plainText } from "./text.ts";

/** Teams gives up after some seconds, and shows that something went wrong. */
const ANSWER_LIMIT_MS = 3_000;
const IN_THE_CHAT = "How it goes on stands in your chat with me.";

/** What the button carries that shows a home anew. */
const REFRESHED = "home";

/** All that is read of a click: on which button, of which request. */
const clickSchema = z.object({
  action: z.object({ verb: z.string(), data: z.object({ request: nameSchema }) }),
});

/** Carries out what a button orders, and gives what came of it. */
type Work = (caller: Caller, id: string) => Promise<Text>;

/**
 * The buttons of every card. Whoever clicked gets the card as it is now, with what came of it above, be it a refusal; for
 * everybody else the message is brought up to date as after any other event.
 */
export async function onAction(context: TeamsContext, activity: Activity): Promise<InvokeAnswer> {
  const click = clickSchema.safeParse(activity.value);
  const account = activity.from.aadObjectId;
  const work = click.success ? workOf(context, click.data.action.verb) : undefined;
  if (!click.success || work === undefined) return { status: 400 };
  if (account === undefined) return sentenceAnswer("Only people of this organisation can do anything here.");
  const id = click.data.action.data.request;
  let isLate = false;
  const carriedOut = carryOut(context, activity, () => work({ via: "teams", account }, id)).then(async (note) => {
    // Teams is shown something else by now: a link must not be lost for that.
    if (!isLate) return await answered(context, { id, account, activity, note });
    if (hasLink(note)) await tellAlone(context, account, note);
    return sentenceAnswer(IN_THE_CHAT);
  });
  const late = () => {
    isLate = true;
    return new Error("late");
  };
  return await within(ANSWER_LIMIT_MS, carriedOut, late).catch(() =>
    sentenceAnswer("Working on it… The card turns when it is recorded."),
  );
}

function workOf({ handle, keys, names, queries, whois }: TeamsContext, verb: string): Work | undefined {
  const order: [string, (id: string) => RequestOrder] | undefined = Object.entries(BUTTON_ORDERS).find(
    ([each]) => each === verb,
  );
  if (order !== undefined) {
    return async (caller, id) => {
      const { state } = await handle(caller, order[1](id));
      return [`Recorded. ${state.id}: ${standing(state, names.name)}`];
    };
  }
  // Shows the home anew, and does nothing else.
  if (verb === ("home" satisfies Action)) return () => Promise.resolve([]);
  if (verb === ("record" satisfies Action)) {
    return async ({ account }, id) => {
      await queries.toRecord(id, await whois(account));
      return recordText(id);
    };
  }
  const keyOrder = Object.entries(KEY_ORDERS).find(([each]) => each === verb);
  if (keyOrder === undefined) return undefined;
  return async (caller, id) => {
    const { link } = await keys.handle(caller, keyOrder[1](id));
    return link === undefined ? ["Recorded."] : linkText("Take your key into your hand.", link);
  };
}

/** What a bot can do here: say who can make it. */
function recordText(id: string): Text {
  return [
    "Teams lets no bot put a file into a channel. Whoever keeps the bot's server makes the record with ",
    { code: `breakglass record ${id} --out ${id}-record.html` },
    ".",
  ];
}

async function carryOut(
  { claim, log }: TeamsContext,
  activity: Activity,
  work: () => Promise<Text>,
): Promise<Text | undefined> {
  const delivery = `teams ${activity.conversation.id} ${activity.id}`;
  // A click that is delivered again is answered with the truth, and changes nothing.
  if (activity.id !== "" && !(await claim(delivery, DELIVERY_KEPT_MS))) return undefined;
  try {
    return await work();
  } catch (error) {
    return errorText(error, log);
  }
}

async function answered(
  context: TeamsContext,
  click: {
    readonly id: string;
    readonly account: string;
    readonly activity: Activity;
    readonly note: Text | undefined;
  },
): Promise<InvokeAnswer> {
  const { cardAt, names, log } = context;
  const { id, account, activity, note } = click;
  const { conversation, replyToId } = activity;
  const stands = { channel: withoutThread(conversation.id), message: replyToId ?? "" };
  try {
    // An older home that is asked for anew is the one that is kept up to date from here on; nothing in a channel is anybody's.
    if (id === REFRESHED && isPersonal(activity)) await context.conversations.rememberHome(account, stands);
    const home = await homeAt(context, account, stands, note);
    if (home !== undefined) return cardAnswer(home);
    const card = await cardAt(id, stands);
    if (card !== undefined) return cardAnswer(renderCard(card, names, note));
  } catch (error) {
    log.warn("a card could not be drawn anew for whoever clicked", { request: id, error });
  }
  if (note === undefined) return sentenceAnswer("This was received already.");
  if (!hasLink(note)) return sentenceAnswer(plainText(note, names));
  await tellAlone(context, account, note);
  return sentenceAnswer(IN_THE_CHAT);
}

function hasLink(note: Text | undefined): note is Text {
  return note?.some((span) => typeof span === "object" && "link" in span) ?? false;
}

async function tellAlone({ messenger, names, log }: TeamsContext, account: string, note: Text): Promise<void> {
  await messenger.tellPrivately(account, answerText([note], names)).catch((error: unknown) => {
    log.warn("somebody could not be answered alone", { account, error });
  });
}
