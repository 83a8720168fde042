import { BUTTON_ORDERS } from "../app/button-orders.ts";
import { picturesOf } from "../app/insights.ts";
import { keyAnswer } from "../app/key-answer.ts";
import { followUpsAnswer, helpAnswer, listAnswer, statusAnswer, whichAnswer, whoAnswer } from "../cards/answers.ts";
import { receiptCard } from "../cards/private-cards.ts";
import { ChatRefused } from "../app/messenger.ts";
import { readCommandLine, type CommandLine } from "../domain/command-line.ts";
import { standing } from "../domain/standing.ts";
import { Refusal } from "../errors.ts";
import { isPersonal, typedTo, type Activity } from "./activity.ts";
import { answerCard, answerSentence, answerText, errorText, formButton, reviewButton } from "./answer.ts";
import { DELIVERY_KEPT_MS, type TeamsContext } from "./context.ts";
import { showHome } from "./home.ts";
import { withPictures, type TeamsMessage, type TeamsPictures } from "./render-card.ts";
import { threadChannel } from "./thread-channel.ts";

interface Typed {
  readonly activity: Activity;
  /** The Entra object id. */
  readonly account: string;
  /** What a repeated delivery has in common with the first. */
  readonly delivery: string;
  readonly isNew: boolean;
}

/** `@Breakglass …` in a channel, and plain text to the bot alone. Answers go to whoever typed, and to nobody else. */
export async function onMessage(context: TeamsContext, activity: Activity): Promise<void> {
  const text = typedTo(activity);
  if (text === undefined) return;
  const { claim, names, log } = context;
  const delivery = `teams ${activity.conversation.id} ${activity.id}`;
  const isNew = activity.id === "" || (await claim(delivery, DELIVERY_KEPT_MS));
  const account = activity.from.aadObjectId;
  if (account === undefined) {
    log.warn("somebody without an Entra account was not heard", { code: "ACCOUNT_REFUSED" });
    return;
  }
  const answer = await answerTo(context, { activity, account, delivery, isNew }, text).catch((error: unknown) =>
    isNew ? answerText([errorText(error, log)], names) : undefined,
  );
  if (answer !== undefined) await answerAlone(context, activity, account, answer);
}

async function answerTo(
  context: TeamsContext,
  typed: Typed,
  text: string,
): Promise<TeamsMessage | TeamsPictures | undefined> {
  const line = readCommandLine(text.replace(/^\/?breakglass\b\s*/i, ""));
  // What comes a second time may be the first that is carried out: a request finds itself. Everything else was answered.
  if (!typed.isNew && line.word !== "request" && line.word !== "drill") return undefined;
  if (line.word === "form") return await form(context, typed);
  return await answer(context, typed, line);
}

async function form({ conversations, token, ...context }: TeamsContext, { activity }: Typed): Promise<TeamsMessage> {
  const name = token();
  const thread = await threadChannel({ ...context, conversations }, activity);
  if (thread !== undefined) await conversations.rememberForm(name, thread);
  return formButton(name);
}

async function answer(
  context: TeamsContext,
  typed: Typed,
  line: Exclude<CommandLine, { word: "form" }>,
): Promise<TeamsMessage | TeamsPictures | undefined> {
  const { handle, keys, queries, insights, names, whois } = context;
  const { account, delivery } = typed;
  const caller = { via: "teams", account } as const;
  const person = async () => (await whois(account)).person ?? "";
  switch (line.word) {
    case "request": {
      const { target, role, duration, justification } = line;
      const thread = await threadChannel(context, typed.activity);
      const asked = { target, role, duration, justification, thread, delivery };
      const { state, events, confirm } = await handle(caller, { type: "OpenRequest", ...asked });
      return typed.isNew || events.length > 0 ? answerCard(receiptCard(state, confirm), names) : undefined;
    }
    case "drill": {
      const { target, role } = line;
      const thread = await threadChannel(context, typed.activity);
      const { state, events } = await handle(caller, { type: "OpenDrill", target, role, thread, delivery });
      return typed.isNew || events.length > 0 ? answerCard(receiptCard(state), names) : undefined;
    }
    // What buttons of direct messages order, for when chat doesn't take one.
    case "open":
    case "rotate":
    case "break-glass": {
      const order = BUTTON_ORDERS[line.word === "open" ? "reveal" : line.word];
      const { state } = await handle(caller, order(line.id));
      return answerSentence(`Recorded. ${state.id}: ${standing(state, names.name)}`);
    }
    case "end": {
      const id = line.id ?? (await onlyOpen(context, account));
      const { state } = await handle(caller, { type: "EndEarly", id });
      return answerSentence(`${id}: ${standing(state, names.name)}`);
    }
    case "revoke": {
      const { state } = await handle(caller, { type: "RevokeNow", id: line.id, reason: line.reason });
      return answerSentence(`${line.id}: ${standing(state, names.name)}`);
    }
    case "key":
      return answerText(await keyAnswer(keys, caller, line.key), names);
    case "home":
      await showHome(context, account);
      return undefined;
    case "status":
      return answerText(statusAnswer(await queries.status(await person())), names);
    case "list": {
      const asking = await person();
      return answerText(listAnswer(await queries.open(), await queries.offers(asking)), names);
    }
    case "review": {
      const { id } = await queries.toReview(line.id, await whois(account));
      return reviewButton(id);
    }
    case "followups": {
      if (line.done === undefined) return answerText(followUpsAnswer(await queries.reviews()), names);
      const { id, nth } = line.done;
      await handle(caller, { type: "CloseFollowUp", id, nth });
      return answerSentence(`Recorded: follow-up ${nth} of ${id} is done.`);
    }
    case "insights": {
      const asked = await insights.asked(await person(), line);
      const words = answerText(asked.text, names);
      const pictures = await picturesOf(asked.insights).catch((error: unknown) => {
        context.log.warn("insights could not be drawn", { error });
        return [];
      });
      return pictures.length === 0 ? words : withPictures(words, pictures);
    }
    case "who":
      return answerText(whoAnswer(await queries.who(await person(), line.target)), names);
    case "help":
      return answerText(helpAnswer(await queries.offers(await person())), names);
  }
}

/** Without an id, `end` means the one request that is open. A delivery that comes again doesn't get here. */
async function onlyOpen({ queries, whois }: TeamsContext, account: string): Promise<string> {
  const { mine } = await queries.status((await whois(account)).person ?? "");
  const [first, second] = mine;
  if (first === undefined) throw new Refusal("NOT_ACTIVE", "You have no open request.");
  if (second !== undefined)
    throw new Refusal("BAD_USAGE", whichAnswer(mine), { next: `Say which: /breakglass end ${first.id}` });
  return first.id;
}

/** In a channel everybody would read the answer: it goes into the chat with whoever asked. */
async function answerAlone(
  { messenger, log }: TeamsContext,
  activity: Activity,
  account: string,
  message: TeamsMessage | TeamsPictures,
): Promise<void> {
  if (isPersonal(activity)) {
    await messenger.reply(activity.conversation.id, message);
    return;
  }
  try {
    await messenger.tellPrivately(account, message);
  } catch (error) {
    if (!(error instanceof ChatRefused)) throw error;
    log.warn("somebody could not be answered alone", { account, error });
    const hint =
      "I have an answer for you and can't write to you alone. Add the app for yourself: Apps, Breakglass, Add.";
    await messenger.reply(activity.conversation.id, answerSentence(hint));
  }
}
