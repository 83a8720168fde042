import { setTimeout } from "node:timers/promises";
import type { App } from "@slack/bolt";
import { z } from "zod";
import { BUTTON_ORDERS } from "../app/button-orders.ts";
import { KEY_ORDERS } from "../app/key-orders.ts";
import type { Action } from "../cards/card.ts";
import { writeDuration } from "../domain/duration.ts";
import { standing } from "../domain/standing.ts";
import { answerError, answerLink, answerSentence, type Answer } from "./answer.ts";
import { answerInView } from "./answer-in-view.ts";
import type { SlackContext } from "./context.ts";
import { denyForm } from "./deny-form.ts";
import { LOOK_UP_LIMIT_MS, openForm } from "./open-form.ts";
import { oneOf } from "./one-of.ts";
import { openReview } from "./open-review.ts";
import { showForm } from "./show-form.ts";

/** All that is read of a click: who, on which button, of which request. */
const clickSchema = z.object({
  user: z.object({ id: z.string() }),
  trigger_id: z.string(),
  channel: z.object({ id: z.string() }).optional(),
  view: z.object({ type: z.string() }).optional(),
});
const buttonSchema = z.object({ action_id: z.string(), value: z.string() });

/** So soon nobody is given the same record again. */
const RECORD_AGAIN_MS = 10_000;

interface Click {
  readonly account: string;
  readonly trigger: string;
  readonly channel: string | undefined;
  /** The request's id. */
  readonly id: string;
}

/** The buttons of every card. A click is acknowledged first; what came of it is told to whoever clicked. */
export function onButton(app: App, context: SlackContext): void {
  const { handle, keys, client, queries, whois, names, messenger, homes, claim, recordOf, log } = context;
  const works = new Map<string, (click: Click) => Promise<Answer | undefined>>();

  for (const [action, orderOf] of Object.entries(BUTTON_ORDERS)) {
    onClick(action, async ({ account, id }) => {
      const { state } = await handle({ via: "slack", account }, orderOf(id));
      return answerSentence(`Recorded. ${state.id}: ${standing(state, names.name)}`);
    });
  }

  for (const [action, orderOf] of Object.entries(KEY_ORDERS)) {
    onClick(action, async ({ account, id }) => {
      const outcome = await keys.handle({ via: "slack", account }, orderOf(id));
      return outcome.link === undefined
        ? answerSentence("Recorded.")
        : answerLink("Take your key into your hand.", outcome.link);
    });
  }

  onClick("deny" satisfies Action, async ({ account, trigger, id }) => {
    const mayVote = async () => {
      await queries.mayVote(id, await whois(account));
    };
    // Who could only be refused is told so; what isn't known in time is decided when the form comes back.
    await Promise.race([mayVote(), setTimeout(LOOK_UP_LIMIT_MS, undefined, { ref: false })]);
    await showForm(client, trigger, denyForm(id));
    return undefined;
  });

  onClick("review" satisfies Action, async ({ account, trigger, id }) => {
    await openReview(context, account, trigger, id);
    return undefined;
  });

  onClick("record" satisfies Action, async ({ account, id }) => {
    await queries.toRecord(id, await whois(account));
    // Making it may take seconds, in which people click again.
    if (!(await claim(`record ${account} ${id}`, RECORD_AGAIN_MS))) return answerSentence("It is on its way.");
    await messenger.sendFile(account, await recordOf(id));
    return answerSentence(`The record of ${id} is in your direct messages with me.`);
  });

  onClick("ask-again" satisfies Action, async ({ account, trigger, channel, id: after }) => {
    const values = async () => {
      const { person } = await whois(account);
      const { target, role, durationMs, justification } = await queries.again(after, person);
      return { target, role, duration: writeDuration(durationMs), justification };
    };
    await openForm(context, { account, trigger, metadata: { after, channel }, values });
    return undefined;
  });

  onClick("ask" satisfies Action, async ({ account, trigger, id: subject }) => {
    const [target = "", role = ""] = subject.split(" ");
    const values = async () => {
      await queries.mayAsk((await whois(account)).person ?? "", { target, role });
      return { target, role };
    };
    await openForm(context, { account, trigger, metadata: {}, values });
    return undefined;
  });

  // A click on the Home tab shows it anew, and this one does nothing else.
  onClick("home" satisfies Action, () => Promise.resolve(undefined));

  app.action(oneOf(works.keys()), async ({ ack, body, payload, respond }) => {
    await ack();
    const { user, trigger_id: trigger, channel, view } = clickSchema.parse(body);
    const { action_id: action, value: id } = buttonSchema.parse(payload);
    const account = user.id;
    const click: Click = { account, trigger, channel: channel?.id, id };
    const work = works.get(action);
    if (work === undefined) return;
    const said = work(click).catch((error: unknown) => answerError(error, log));
    if (view?.type === "home") {
      await answerInView(context, click, said);
      void homes.opened({ platform: "slack", account });
      return;
    }
    const answer = await said;
    if (answer !== undefined) await respond(answer);
  });

  /** @param work - gives what to say to whoever clicked, if anything */
  function onClick(action: string, work: (click: Click) => Promise<Answer | undefined>): void {
    works.set(action, work);
  }
}
