import type { App } from "@slack/bolt";
import { followUpsAnswer, helpAnswer, listAnswer, statusAnswer, whichAnswer, whoAnswer } from "../cards/answers.ts";
import { BUTTON_ORDERS } from "../app/button-orders.ts";
import { keyAnswer } from "../app/key-answer.ts";
import { receiptCard } from "../cards/private-cards.ts";
import { readCommandLine, type CommandLine } from "../domain/command-line.ts";
import { standing } from "../domain/standing.ts";
import { Refusal } from "../errors.ts";
import { answerCard, answerError, answerInTime, answerSentence, answerText, type Answer } from "./answer.ts";
import type { SlackContext } from "./context.ts";
import { onInsights } from "./on-insights.ts";
import { openForm } from "./open-form.ts";
import { openReview } from "./open-review.ts";
import { threadChannel } from "./thread-channel.ts";
import { unescapeText } from "./typed.ts";

/** Slack delivers again for a few minutes at most. */
const DELIVERY_KEPT_MS = 600_000;

interface Typed {
  readonly account: string;
  readonly trigger: string;
  readonly channel: string;
  readonly channelName: string;
}

/** `/breakglass`, in all its forms. */
export function onCommand(app: App, context: SlackContext): void {
  app.command("/breakglass", async ({ command, ack, respond }) => {
    const typed: Typed = {
      account: command.user_id,
      trigger: command.trigger_id,
      channel: command.channel_id,
      channelName: command.channel_name,
    };
    let line: CommandLine;
    try {
      line = readCommandLine(unescapeText(command.text));
    } catch (error) {
      await ack(answerError(error, context.log));
      return;
    }
    if (line.word === "form") {
      await ack();
      const { account, trigger, channel } = typed;
      const thread = await threadChannel(context, channel, typed.channelName);
      try {
        await openForm(context, { account, trigger, metadata: { channel, thread } });
      } catch (error) {
        await respond(answerError(error, context.log));
      }
      return;
    }
    if (line.word === "review") {
      await ack();
      await openReview(context, typed.account, typed.trigger, line.id).catch(async (error: unknown) => {
        await respond(answerError(error, context.log));
      });
      return;
    }
    if (line.word === "insights") {
      await onInsights(context, typed.account, line, ack, respond);
      return;
    }
    const work = answer(context, typed, line).catch((error: unknown) => answerError(error, context.log));
    await answerInTime(work, ack, respond);
  });
}

async function answer(
  context: SlackContext,
  typed: Typed,
  line: Exclude<CommandLine, { word: "form" | "review" | "insights" }>,
): Promise<Answer> {
  const { handle, keys, queries, names, whois } = context;
  const { account } = typed;
  const caller = { via: "slack", account } as const;
  switch (line.word) {
    case "request": {
      const { target, role, duration, justification } = line;
      const thread = await threadChannel(context, typed.channel, typed.channelName);
      const delivery = `slack ${typed.trigger}`;
      const { state, confirm } = await handle(caller, {
        type: "OpenRequest",
        target,
        role,
        duration,
        justification,
        thread,
        delivery,
      });
      return answerCard(receiptCard(state, confirm), names);
    }
    case "drill": {
      const { target, role } = line;
      const thread = await threadChannel(context, typed.channel, typed.channelName);
      const delivery = `slack ${typed.trigger}`;
      const { state } = await handle(caller, { type: "OpenDrill", target, role, thread, delivery });
      return answerCard(receiptCard(state), names);
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
      const id = line.id ?? (await onlyOpen(context, typed));
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
      void context.homes.opened({ platform: "slack", account });
      return answerSentence("Your Home is being drawn anew: it is the Home tab of this app, under Apps.");
    case "status":
      return answerText(statusAnswer(await queries.status((await whois(account)).person ?? "")), names);
    case "list": {
      const person = (await whois(account)).person ?? "";
      return answerText(listAnswer(await queries.open(), await queries.offers(person)), names);
    }
    case "followups": {
      if (line.done === undefined) return answerText(followUpsAnswer(await queries.reviews()), names);
      const { id, nth } = line.done;
      await handle(caller, { type: "CloseFollowUp", id, nth });
      return answerSentence(`Recorded: follow-up ${nth} of ${id} is done.`);
    }
    case "who":
      return answerText(whoAnswer(await queries.who((await whois(account)).person ?? "", line.target)), names);
    case "help":
      return answerText(helpAnswer(await queries.offers((await whois(account)).person ?? "")), names);
  }
}

/** Without an id, `end` means the one request that is open: at the first delivery, not at one that comes again later. */
async function onlyOpen({ queries, whois, claim }: SlackContext, { account, trigger }: Typed): Promise<string> {
  if (!(await claim(`end ${trigger}`, DELIVERY_KEPT_MS)))
    throw new Refusal("REPLAYED", "This was received already.", { next: "/breakglass status shows what is open." });
  const { mine } = await queries.status((await whois(account)).person ?? "");
  const [first, second] = mine;
  if (first === undefined) throw new Refusal("NOT_ACTIVE", "You have no open request.");
  if (second !== undefined)
    throw new Refusal("BAD_USAGE", whichAnswer(mine), { next: `Say which: /breakglass end ${first.id}` });
  return first.id;
}
