import { z } from "zod";
import { readable, chatOf, userOf, type TeamsMessage, type Teamwork } from "./teamwork.ts";
import { adaptiveCard, type Action, type AdaptiveCard } from "./adaptive-card.ts";

/** What the bot answered to a call. */
export interface Delivered {
  readonly status: number;
  readonly body: unknown;
}

const clicked = z.object({ statusCode: z.literal(200), type: z.string(), value: z.unknown() });
const dialog = z.object({
  task: z.discriminatedUnion("type", [
    z.object({ type: z.literal("message"), value: z.string() }),
    z.object({
      type: z.literal("continue"),
      value: z.object({ title: z.string().max(64), card: z.object({ contentType: z.string(), content: z.unknown() }) }),
    }),
  ]),
});

export interface Line {
  readonly serviceUrl: string;
  readonly bot: () => string;
  readonly authorization: (() => string) | undefined;
}

/** Somebody in Teams: what they type and click goes to the bot as Teams would send it. */
export class Persona {
  readonly #work: Teamwork;
  readonly #account: string;
  readonly #line: Line;

  constructor(work: Teamwork, account: string, line: Line) {
    this.#work = work;
    this.#account = account;
    this.#line = line;
  }

  /** Types to the bot alone. */
  async write(text: string, changes: object = {}): Promise<Delivered> {
    return await this.deliver({ ...this.#activity({ id: chatOf(this.#account) }), type: "message", text, ...changes });
  }

  /** Types in a channel, mentioning the bot. */
  async mention(channel: string, text: string, changes: object = {}): Promise<Delivered> {
    const { bot } = this.#work.seed;
    const said = `<at>${bot.name}</at> ${text}`;
    const message = this.#work.begin(channel, this.#account, { type: "message", text: said });
    const entities = [{ type: "mention", mentioned: { id: bot.id, name: bot.name }, text: `<at>${bot.name}</at>` }];
    const activity = this.#activity({ id: message.conversation, channel });
    return await this.deliver({ ...activity, type: "message", id: message.id, text: said, entities, ...changes });
  }

  /** Clicks a button of a card, and gives what they are shown: the card anew, or a sentence. */
  async click(
    message: TeamsMessage,
    title: string,
    changes: object = {},
  ): Promise<{ card?: AdaptiveCard; text: string }> {
    const action = actionOf(message, title);
    if (action.type !== "Action.Execute") throw new Error(`${title} is no Action.Execute but ${action.type}`);
    const value = { action, trigger: "manual" };
    const answer = await this.#invoke(message, "adaptiveCard/action", value, changes);
    const shown = clicked.parse(answer);
    if (shown.type === "application/vnd.microsoft.activity.message") return { text: z.string().parse(shown.value) };
    const card = adaptiveCard.parse(shown.value);
    return { card, text: readable({ text: "", card }) };
  }

  /** Clicks a button that opens a dialog. */
  async open(message: TeamsMessage, title: string): Promise<{ card?: AdaptiveCard; text: string }> {
    const action = actionOf(message, title);
    if (action.type !== "Action.Submit") throw new Error(`${title} is no Action.Submit but ${action.type}`);
    return dialogOf(await this.#invoke(message, "task/fetch", { data: action.data, context: { theme: "default" } }));
  }

  /** Sends a dialog back, filled in. Undefined when it closes. */
  async submit(
    card: AdaptiveCard,
    values: Readonly<Record<string, string>>,
  ): Promise<{ card?: AdaptiveCard; text: string } | undefined> {
    const [send] = card.actions ?? [];
    if (send?.type !== "Action.Submit") throw new Error("a dialog that can't be sent");
    const data = { ...send.data, ...values };
    const answer = await this.#invoke(undefined, "task/submit", { data, context: { theme: "default" } });
    return typeof answer === "object" && answer !== null && "task" in answer ? dialogOf(answer) : undefined;
  }

  async #invoke(
    message: TeamsMessage | undefined,
    name: string,
    value: unknown,
    changes: object = {},
  ): Promise<unknown> {
    const conversation = message?.conversation ?? chatOf(this.#account);
    const channel = conversation.startsWith("19:") ? conversation.split(";")[0] : undefined;
    const activity = {
      ...this.#activity(channel === undefined ? { id: conversation } : { id: conversation, channel }),
      ...{ type: "invoke", name, value, id: `f:${this.#work.newId()}` },
      ...(message === undefined ? {} : { replyToId: message.id }),
    };
    const { status, body } = await this.deliver({ ...activity, ...changes });
    if (status !== 200) throw new Error(`the bot answered ${status} to ${name}`);
    return body;
  }

  /** Adds the app to the team: the first that the bot hears of it. */
  async install(): Promise<Delivered> {
    const { bot } = this.#work.seed;
    const activity = this.#activity({ id: this.#work.team, channel: this.#work.team });
    return await this.deliver({ ...activity, type: "conversationUpdate", membersAdded: [{ id: bot.id }] });
  }

  /** Adds the app for themselves. */
  async add(): Promise<Delivered> {
    const activity = this.#activity({ id: chatOf(this.#account) });
    return await this.deliver({ ...activity, type: "installationUpdate", action: "add" });
  }

  /** Sends an activity to the bot as it is. */
  async deliver(activity: object): Promise<Delivered> {
    const { bot, authorization } = this.#line;
    const response = await fetch(`${bot()}/api/messages`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(authorization === undefined ? {} : { authorization: authorization() }),
      },
      body: JSON.stringify(activity),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
  }

  #activity({ id, channel }: { readonly id: string; readonly channel?: string }): object {
    const { tenant, bot } = this.#work.seed;
    const inTeam = { team: { id: this.#work.team }, ...(channel === undefined ? {} : { channel: { id: channel } }) };
    return {
      id: this.#work.newId(),
      channelId: "msteams",
      serviceUrl: this.#line.serviceUrl,
      timestamp: new Date(0).toISOString(),
      from: { id: userOf(this.#account), aadObjectId: this.#account, name: this.#work.person(this.#account).name },
      recipient: bot,
      conversation: {
        id,
        tenantId: tenant,
        conversationType: channel === undefined ? "personal" : "channel",
        isGroup: channel !== undefined,
      },
      channelData: { tenant: { id: tenant }, ...(channel === undefined ? {} : inTeam) },
    };
  }
}

function dialogOf(answer: unknown): { card?: AdaptiveCard; text: string } {
  const { task } = dialog.parse(answer);
  if (task.type === "message") return { text: task.value };
  const card = adaptiveCard.parse(task.value.card.content);
  return { card, text: readable({ text: "", card }) };
}

/** A button by its title, also one that stands under another that unfolds. */
function actionOf({ card, text }: TeamsMessage, title: string): Action {
  const within = (card?.body ?? []).flatMap((each) => (each.type === "ActionSet" ? each.actions : []));
  const all = [...within, ...(card?.actions ?? [])].flatMap((each): Action[] =>
    each.type === "Action.ShowCard" ? [each, ...each.card.actions] : [each],
  );
  const found = all.find((each) => each.title === title);
  if (found === undefined)
    throw new Error(`no button ${title} among ${all.map((each) => each.title).join(", ")} ${text}`);
  return found;
}
