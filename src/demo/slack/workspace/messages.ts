import type { Ids } from "./ids.ts";
import type { Message, MessageContent } from "./message.ts";

/** What is known of a thread besides its messages. */
export type ThreadFacts = { reply_count: number; reply_users: string[]; latest_reply: string };

/** Every message of a workspace, by conversation, in the order of their timestamps. */
export class Messages {
  readonly #byChannel = new Map<string, Message[]>();
  readonly #ids: Ids;

  constructor(ids: Ids) {
    this.#ids = ids;
  }

  /** @param channel - a conversation's id */
  all(channel: string): Message[] {
    return this.#byChannel.get(channel) ?? [];
  }

  /** @param channel - a conversation's id; messages that only one person sees are left out */
  shared(channel: string): Message[] {
    return this.all(channel).filter((one) => one.ephemeralTo === undefined);
  }

  /**
   * @param channel - a conversation's id
   * @param ts - the message's timestamp
   */
  find(channel: string, ts: string): Message | undefined {
    return this.all(channel).find((one) => one.ts === ts);
  }

  /**
   * A message that a thread can hang on: shared, and itself no reply.
   *
   * @param channel - a conversation's id
   * @param ts - the message's timestamp
   */
  root(channel: string, ts: string): Message | undefined {
    return this.shared(channel).find((one) => one.ts === ts && (one.thread_ts ?? ts) === ts);
  }

  /**
   * @param channel - a conversation's id
   * @param ts - the root's timestamp
   * @returns the replies, oldest first, without the root
   */
  replies(channel: string, ts: string): Message[] {
    return this.shared(channel).filter((one) => one.thread_ts === ts && one.ts !== ts);
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
    this.#byChannel.set(place.channel, [...this.all(place.channel), message]);
    return message;
  }

  /**
   * @param message - the message as it is now
   * @param changed - the message as it will be
   */
  replace(message: Message, changed: Message): void {
    this.#byChannel.set(
      message.channel,
      this.all(message.channel).map((one) => (one.ts === message.ts ? changed : one)),
    );
  }

  /** Takes a message away; the root of a thread leaves a stone, because its replies still hang on it. */
  remove(message: Message): void {
    const { channel, ts, user } = message;
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
    this.#byChannel.set(
      channel,
      this.all(channel).filter((one) => one.ts !== ts),
    );
  }
}
