import type { Ids } from "./ids.ts";
import type { Message, MessageContent } from "./message.ts";

/** What is known of a thread besides its messages. */
export type ThreadFacts = { reply_count: number; reply_users: string[]; latest_reply: string };

/** Every message of a workspace, by conversation, in the order of their timestamps. */
export class Messages {
  /** By timestamp, in the order in which they came. */
  readonly #byChannel = new Map<string, Map<string, Message>>();
  /** The timestamps of the replies of each thread, by its channel and the root's timestamp. */
  readonly #threads = new Map<string, Set<string>>();
  readonly #ids: Ids;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  /** @param channel - a conversation's id */
  all(channel: string): Message[] {
    return [...this.#in(channel).values()];
  }

  /** @param channel - a conversation's id; messages that only one person sees are left out */
  shared(channel: string): Message[] {
    return this.all(channel).filter(isShared);
  }

  /**
   * @param channel - a conversation's id
   * @param ts - the message's timestamp
   */
  find(channel: string, ts: string): Message | undefined {
    return this.#in(channel).get(ts);
  }

  /** The same, unless only one person sees it. */
  findShared(channel: string, ts: string): Message | undefined {
    const found = this.find(channel, ts);
    return found !== undefined && isShared(found) ? found : undefined;
  }

  /**
   * A message that a thread can hang on: shared, and itself no reply.
   *
   * @param channel - a conversation's id
   * @param ts - the message's timestamp
   */
  root(channel: string, ts: string): Message | undefined {
    const found = this.findShared(channel, ts);
    return (found?.thread_ts ?? ts) === ts ? found : undefined;
  }

  /**
   * @param channel - a conversation's id
   * @param ts - the root's timestamp
   * @returns the replies, oldest first, without the root
   */
  replies(channel: string, ts: string): Message[] {
    const replies = this.#threads.get(threadOf(channel, ts)) ?? [];
    return [...replies].flatMap((reply) => this.findShared(channel, reply) ?? []);
  }

  /** @returns null for a message without replies */
  threadFacts(channel: string, ts: string): ThreadFacts | null {
    const replies = this.replies(channel, ts);
    const latest = replies.at(-1);
    if (latest === undefined) return null;
    return {
      reply_count: replies.length,
      reply_users: [...new Set(replies.map(({ user }) => user))],
      latest_reply: latest.ts,
    };
  }

  /**
   * @param place - where it stands and whose it is
   * @param content - what it says
   */
  add(place: Omit<Message, "type" | "ts" | keyof MessageContent>, content: MessageContent): Message {
    const message: Message = { type: "message", ts: this.#ids.ts(), ...place, ...content };
    const { channel, ts, thread_ts: root = ts } = message;
    this.#byChannel.set(channel, this.#in(channel).set(ts, message));
    if (root !== ts) {
      const thread = threadOf(channel, root);
      this.#threads.set(thread, (this.#threads.get(thread) ?? new Set()).add(ts));
    }
    return message;
  }

  /**
   * @param message - the message as it is now
   * @param changed - the message as it will be
   */
  replace({ channel, ts }: Message, changed: Message): void {
    const messages = this.#in(channel);
    if (messages.has(ts)) messages.set(ts, changed);
  }

  /** Takes a message away; the root of a thread leaves a stone, because its replies still hang on it. */
  remove(message: Message): void {
    const { channel, ts, user, thread_ts: root = ts } = message;
    if (this.replies(channel, ts).length > 0) {
      this.replace(message, {
        type: "message",
        channel,
        ts,
        user,
        subtype: "tombstone",
        text: "This message was deleted.",
      });
      return;
    }
    this.#in(channel).delete(ts);
    this.#threads.get(threadOf(channel, root))?.delete(ts);
  }

  #in(channel: string): Map<string, Message> {
    return this.#byChannel.get(channel) ?? new Map<string, Message>();
  }
}

function isShared({ ephemeralTo }: Message): boolean {
  return ephemeralTo === undefined;
}

function threadOf(channel: string, root: string): string {
  return `${channel} ${root}`;
}
