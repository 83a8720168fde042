import type { Card } from "../cards/card.ts";
import type { Text } from "../domain/text.ts";
import { CodedError } from "../errors.ts";

/** Where something was posted, by the platform's own ids. */
export interface Posted {
  readonly channel: string;
  readonly message: string;
}

/** Where something is to be posted: a channel, a thread in it, or a person alone. */
export type Place = { readonly channel: string; readonly thread?: string | undefined } | { readonly person: string };

/** A file, and what is said with it. */
export interface FileContent {
  readonly name: string;
  readonly title: string;
  readonly bytes: Uint8Array;
  readonly text: Text;
}

/** A picture, as PNG. */
export interface Picture {
  /** As a file's, without an end. */
  readonly name: string;
  /** What is to be seen, for whoever can't see it. */
  readonly title: string;
  readonly bytes: Uint8Array;
}

/** Pictures in one message, and what is said with them. */
export interface PicturesContent {
  readonly pictures: readonly Picture[];
  readonly text: Text;
}

export type Content =
  | { readonly card: Card }
  | { readonly text: Text }
  | { readonly file: FileContent }
  | { readonly pictures: PicturesContent };

/** Which posts of which request a message holds, by their keys: put into the message, so that it can be found again. */
export interface Mark {
  readonly request: string;
  readonly keys: readonly string[];
}

/** What a file is called that a post is: by that it can be found again where nothing can be put into the message. */
export function fileNameOf(mark: Mark): string {
  return `${fileStemOf(mark)}html`;
}

/** What the names of a post's files begin with. */
export function fileStemOf({ request, keys }: Mark): string {
  return `${request}-${keys[0] ?? ""}.`;
}

/** The platform asks to wait. */
export class ChatBusy extends CodedError {
  readonly retryAfterMs: number;

  /** @param retryAfterMs - as the platform said, milliseconds */
  constructor(retryAfterMs: number) {
    super("CHAT_BUSY", `The chat platform asks to wait ${Math.ceil(retryAfterMs / 1_000)} s.`);
    this.retryAfterMs = retryAfterMs;
  }
}

/**
 * How the program speaks in a chat platform.
 *
 * Errors: {@link ChatBusy}; `CHAT_FAILED`, with `refused` when the platform said no and nothing was posted.
 */
export interface Messenger {
  /** Whether {@link find} can find anything: not every platform lets a bot read what it wrote. */
  readonly finds: boolean;
  /** Whether it takes files: not every platform lets a bot put one into a channel. Where it doesn't, none are posted. */
  readonly takesFiles: boolean;
  /**
   * @param ready - awaited last, right before anybody can see it: what must be done first may take long. What it throws, `post`
   *   throws, and nothing is posted
   */
  post(place: Place, content: Content, mark: Mark, ready?: () => Promise<void>): Promise<Posted>;
  update(posted: Posted, content: Content, mark: Mark): Promise<void>;
  /** The message with the first of these posts, whose answer was lost; undefined when there is none, or it can't be told. */
  find(place: Place, mark: Mark, since: number): Promise<Posted | undefined>;
}

/** What it is that has come to an end in chat, when that is why something was refused. */
export type Over =
  /** The message takes no update any more. */
  | "message"
  /** The thread takes no replies any more, though its channel does. */
  | "thread"
  /** The channel takes nothing any more, or not from us. */
  | "channel";

/** The platform answered, and the answer was no: nothing was posted. */
export class ChatRefused extends CodedError {
  /** The platform's own word, `not_in_channel`. */
  readonly reason: string;
  readonly over: Over | undefined;

  constructor(reason: string, message: string, next: string, over?: Over) {
    super("CHAT_FAILED", message, { next });
    this.reason = reason;
    this.over = over;
  }
}
