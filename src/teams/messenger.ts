import {
  ChatBusy,
  ChatRefused,
  type Content,
  type Mark,
  type Messenger,
  type Place,
  type Posted,
} from "../app/messenger.ts";
import type { Names } from "../cards/names.ts";
import type { Text } from "../domain/text.ts";
import { withoutThread } from "./activity.ts";
import type { Connector } from "./connector.ts";
import type { Conversations } from "./conversations.ts";
import type { Pace } from "./pace.ts";
import {
  attachment,
  cardMessage,
  textCard,
  type TeamsMessage,
  type TeamsPictures,
  withPictures,
} from "./render-card.ts";
import { messageHtml, plainText } from "./text.ts";

export interface TeamsMessengerOptions {
  readonly connector: Connector;
  readonly conversations: Conversations;
  readonly pace: Pace;
  readonly names: Names;
  readonly tenant: string;
  /** Waits so many milliseconds. */
  readonly pause: (ms: number) => Promise<void>;
}

/** Nobody waits longer for an answer. */
const PATIENCE_MS = 60_000;

/** How the program speaks in Teams. */
export class TeamsMessenger implements Messenger {
  /** Teams lets no bot read what stands in a channel: what was lost on its way can't be told from what stands there. */
  readonly finds = false;
  /** A file goes into a channel through Microsoft Graph alone, with rights over all of a team's files: a bot has none, and asks for none. */
  readonly takesFiles = false;
  readonly #options: TeamsMessengerOptions;

  constructor(options: TeamsMessengerOptions) {
    this.#options = options;
  }

  async post(place: Place, content: Content, _mark: Mark, ready?: () => Promise<void>): Promise<Posted> {
    const message = this.#render(content);
    if ("person" in place) return await this.#say(await this.#chatWith(this.#accountOf(place.person)), message, ready);
    const { channel, thread } = place;
    if (thread !== undefined) return await this.#say(inThread(channel, thread), message, ready);
    return await this.#begin(channel, message, ready);
  }

  async update({ channel, message }: Posted, content: Content): Promise<void> {
    const { connector, conversations, pace } = this.#options;
    const conversation = isChannel(channel) ? inThread(channel, message) : channel;
    const activity = { ...this.#render(content), id: message };
    const service = await conversations.service();
    await pace.respect(withoutThread(conversation), () => connector.update(service, conversation, message, activity));
  }

  /** It can't be told: the contract then has it said again. A line twice is better than none. */
  find(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  /** Tells somebody something alone, be they known to the policy or not. Nothing is remembered of it. */
  async tellPrivately(account: string, message: TeamsMessage | TeamsPictures): Promise<void> {
    await this.#patiently(async () => await this.#say(await this.#chatWith(account), message));
  }

  /**
   * Shows somebody something alone that is brought up to date where it stands.
   *
   * @param stands - where it stands already; where Teams takes no change of that any more, it is said anew
   */
  async showAlone(account: string, message: TeamsMessage, stands?: Posted): Promise<Posted> {
    const { connector, conversations, pace } = this.#options;
    if (stands === undefined) return await this.#say(await this.#chatWith(account), message);
    const { channel, message: id } = stands;
    const service = await conversations.service();
    try {
      await pace.respect(channel, () => connector.update(service, channel, id, { ...message, id }));
      return stands;
    } catch (error) {
      if (!(error instanceof ChatRefused)) throw error;
      return await this.#say(await this.#chatWith(account), message);
    }
  }

  /** Says something where a conversation is going on. */
  async reply(conversation: string, message: TeamsMessage | TeamsPictures): Promise<void> {
    await this.#patiently(async () => await this.#say(conversation, message));
  }

  /** An answer isn't on any queue: it waits here for as long as Teams asks. */
  async #patiently(say: () => Promise<unknown>): Promise<void> {
    for (let waitedMs = 0; ;) {
      try {
        await say();
        return;
      } catch (error) {
        if (!(error instanceof ChatBusy) || waitedMs + error.retryAfterMs > PATIENCE_MS) throw error;
        waitedMs += error.retryAfterMs;
        await this.#options.pause(error.retryAfterMs);
      }
    }
  }

  #render(content: Content): TeamsMessage | TeamsPictures {
    const { names } = this.#options;
    if ("card" in content) return cardMessage(content.card, names);
    if ("pictures" in content) {
      const { text, pictures } = content.pictures;
      return withPictures({ type: "message", textFormat: "xml", text: messageHtml(text, names) }, pictures);
    }
    if ("file" in content) throw new ChatRefused("no_files", "Teams lets no bot put a file into a channel.", "");
    return textMessage(content.text, names);
  }

  #accountOf(person: string): string {
    const account = this.#options.names.account(person);
    if (account !== undefined) return account;
    throw new ChatRefused("no_account", `${person} has no Teams account in the policy.`, "Add it under people.");
  }

  async #say(
    conversation: string,
    message: TeamsMessage | TeamsPictures,
    ready?: () => Promise<void>,
  ): Promise<Posted> {
    const { connector, conversations, pace } = this.#options;
    const service = await conversations.service();
    // Teams counts a channel's threads together.
    const id = await pace.respect(withoutThread(conversation), async () => {
      await ready?.();
      return await connector.send(service, conversation, message);
    });
    return { channel: conversation, message: id };
  }

  async #begin(channel: string, activity: TeamsMessage | TeamsPictures, ready?: () => Promise<void>): Promise<Posted> {
    const { connector, conversations, pace, tenant } = this.#options;
    const service = await conversations.service();
    const parameters = { isGroup: true, tenantId: tenant, channelData: { channel: { id: channel } }, activity };
    const { id, activityId } = await pace.respect(channel, async () => {
      await ready?.();
      return await connector.create(service, parameters);
    });
    // The thread's first message names the thread.
    const first = activityId ?? /;messageid=([^;]+)/.exec(id)?.[1];
    if (first === undefined) throw new Error("Teams began a thread and did not say which");
    return { channel: withoutThread(id), message: first };
  }

  async #chatWith(account: string): Promise<string> {
    const { connector, conversations, pace, tenant } = this.#options;
    const known = await conversations.person(account);
    if (known?.chat !== undefined) return known.chat;
    const service = await conversations.service();
    const members = [{ id: known?.user ?? account }];
    const parameters = { isGroup: false, tenantId: tenant, channelData: { tenant: { id: tenant } }, members };
    const { id } = await pace.respect(`chat ${account}`, () => connector.create(service, parameters));
    await conversations.rememberChat(account, id);
    return id;
  }
}

/** A text that calls people travels as a card, which is the only thing that can call them. */
export function textMessage(text: Text, names: Names): TeamsMessage {
  const calls = text.some((span) => typeof span === "object" && "mention" in span && typeof span.mention === "string");
  if (calls)
    return {
      type: "message",
      summary: plainText(text, names).slice(0, 500),
      attachments: [attachment(textCard(text, names))],
    };
  return { type: "message", textFormat: "xml", text: messageHtml(text, names) };
}

function isChannel(conversation: string): boolean {
  return /^19:.*@thread\.(tacv2|skype)$/.test(conversation);
}

function inThread(channel: string, root: string): string {
  return `${withoutThread(channel)};messageid=${root}`;
}
