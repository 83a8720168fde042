import type { Delivery } from "../delivery/delivery.ts";
import { Person } from "../person/person.ts";
import { Changes } from "./changes.ts";
import type { ChangeListener } from "./changes.ts";
import { Conversations } from "./conversations.ts";
import type { Conversation } from "./conversations.ts";
import { Files } from "./files.ts";
import { Homes, type HomeTab } from "./homes.ts";
import { Ids } from "./ids.ts";
import { SLACKBOT } from "./message.ts";
import type { Message, MessageContent } from "./message.ts";
import { Messages } from "./messages.ts";
import type { Names } from "./mrkdwn.ts";
import { People } from "./people.ts";
import { readBlocks, readMessage } from "./readable.ts";
import { ResponseUrls } from "./response-urls.ts";
import { workspaceSeed } from "./seed.ts";
import type { Seed, WorkspaceSeed } from "./seed.ts";
import { snapshotFor } from "./snapshot.ts";
import type { Snapshot } from "./snapshot.ts";
import { Triggers } from "./triggers.ts";
import { Views } from "./views.ts";
import type { View } from "./views.ts";

/** Where a message is put, and for whom. */
export type Place = {
  thread_ts?: string | undefined;
  ephemeralTo?: string | undefined;
  subtype?: Message["subtype"] | undefined;
};

/** A Slack workspace in memory: what is in it, and what a person can see and do there. */
export class Workspace {
  readonly seed: Seed;
  readonly url: string;
  readonly now: () => number;
  readonly delivery: Delivery;
  readonly ids: Ids;
  readonly changes = new Changes();
  readonly people: People;
  readonly conversations: Conversations;
  readonly history: Messages;
  readonly files: Files;
  readonly modals: Views;
  readonly homes: Homes;
  readonly triggers: Triggers;
  readonly responseUrls: ResponseUrls;

  /**
   * @param seed - what the workspace is made of
   * @param options - its own address, the clock (ms), and the way to the bot
   */
  constructor(seed: WorkspaceSeed, options: { url: string; now: () => number; delivery: Delivery; ids: Ids }) {
    this.seed = workspaceSeed.parse(seed);
    this.url = options.url;
    this.now = options.now;
    this.delivery = options.delivery;
    this.ids = options.ids;
    this.people = new People(this.seed);
    this.conversations = new Conversations(this.seed, this.people, this.ids);
    this.history = new Messages(this.ids);
    this.files = new Files(this.ids);
    this.modals = new Views(this.ids, this.changes);
    this.homes = new Homes(this.ids, this.changes);
    this.triggers = new Triggers(this.ids, this.now);
    this.responseUrls = new ResponseUrls(this.ids, this.now, this.url);
  }

  /**
   * A person, to act as them.
   *
   * @param user - a user id
   * @throws Error if there is no such person
   */
  as(user: string): Person {
    if (this.people.find(user) === undefined) throw new Error(`no user ${user} in this workspace`);
    return new Person(this, user);
  }

  /** What a channel holds, oldest first, threads included; without what is for one person only. */
  messages(channel: string): Message[] {
    return structuredClone(this.history.shared(channel));
  }

  /** A thread, the root first. */
  thread(channel: string, ts: string): Message[] {
    return this.messages(channel).filter((one) => one.ts === ts || one.thread_ts === ts);
  }

  /** What only this person sees, oldest first, wherever it stands. */
  ephemerals(user: string): Message[] {
    const all = this.conversations.all().flatMap((one) => this.history.all(one.id));
    const mine = all.filter((one) => one.ephemeralTo === user);
    return structuredClone(mine.sort((a, b) => a.ts.localeCompare(b.ts)));
  }

  /** The modals open before a person, the root first. */
  views(user: string): View[] {
    return structuredClone(this.modals.stack(user));
  }

  /** The direct conversation of a person with the bot, opened if need be. */
  dm(user: string): Conversation {
    return this.conversations.direct(user);
  }

  /** All that a person may see. */
  visibleTo(user: string): Snapshot {
    return snapshotFor(this, user);
  }

  /**
   * A message, a modal or a Home tab as plain text, as a person reads it.
   *
   * @param shown - which
   * @param reader - whose time zone counts; UTC if not given
   */
  readable(shown: Pick<Message, "text" | "blocks" | "files"> | View | HomeTab, reader?: string): string {
    const names: Names = {
      user: (id) => this.people.find(id)?.real_name,
      channel: (id) => this.conversations.find(id)?.name,
      group: (id) => this.people.group(id)?.handle,
      tz: (reader === undefined ? undefined : this.people.find(reader)?.tz) ?? "Etc/UTC",
    };
    if ("type" in shown && shown.type === "home") return readBlocks(shown.blocks, names);
    return "title" in shown ? `${shown.title.text}\n${readBlocks(shown.blocks, names)}` : readMessage(shown, names);
  }

  /** Calls a listener after each change; the function it returns ends that. */
  changed(listener: ChangeListener): () => void {
    return this.changes.listen(listener);
  }

  /** Waits until a condition holds; see {@link Changes.waitFor}. */
  async waitFor<T>(
    condition: (workspace: this) => T | null | undefined | false,
    options: { within?: number; what?: string } = {},
  ): Promise<T> {
    return this.changes.waitFor(() => condition(this), options);
  }

  /** Puts a message into a conversation. */
  post(author: string, conversation: Conversation, content: MessageContent, place: Place = {}): Message {
    const { bot } = this.seed;
    const message = this.history.add(
      {
        channel: conversation.id,
        user: author,
        ...(author === bot.user_id ? { bot_id: bot.bot_id } : {}),
        ...(place.thread_ts === undefined ? {} : { thread_ts: place.thread_ts }),
        ...(place.ephemeralTo === undefined ? {} : { ephemeralTo: place.ephemeralTo }),
        ...(place.subtype === undefined ? {} : { subtype: place.subtype }),
      },
      content,
    );
    this.#touched(message);
    return message;
  }

  /** Changes what a message says; `edited` is noted. */
  edit(message: Message, content: Partial<MessageContent>): Message {
    const edited = { user: message.user, ts: this.ids.ts() };
    const changed: Message = { ...message, ...content, ...(message.ephemeralTo === undefined ? { edited } : {}) };
    this.history.replace(message, changed);
    this.#touched(message);
    return changed;
  }

  /** Takes a message away. */
  remove(message: Message): void {
    this.history.remove(message);
    this.#touched(message);
  }

  /** What Slack itself tells a person, where only they see it. */
  tell(user: string, conversation: Conversation, text: string): void {
    this.post(SLACKBOT, conversation, { text }, { ephemeralTo: user });
  }

  #touched(message: Message): void {
    const members = this.conversations.find(message.channel)?.members ?? new Set<string>();
    this.changes.seenBy(message.ephemeralTo === undefined ? members : [message.ephemeralTo]);
  }
}
