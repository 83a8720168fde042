import { ChatBusy, type Content, type Mark, type Messenger, type Place, type Posted } from "../../src/app/messenger.ts";
import { CodedError } from "../../src/errors.ts";

/** What was posted, where, and which posts it holds. */
export interface Said {
  readonly posted: Posted;
  readonly place: Place;
  readonly mark: Mark;
  content: Content;
}

/** What can happen to a call. `lost`: the work is done, and no answer comes. */
export type ChatFault = "well" | "away" | "lost" | "busy";

/** A chat platform in memory, without threads of its own to look after; it goes wrong as it is told to. */
export class PlainChat implements Messenger {
  readonly finds = true;
  readonly takesFiles = true;
  readonly said: Said[] = [];
  /** How often something was looked for. */
  looked = 0;
  /** What happens to the next call. */
  next: () => ChatFault = () => "well";

  async post(place: Place, content: Content, mark: Mark, ready?: () => Promise<void>): Promise<Posted> {
    await ready?.();
    return await this.#call(() => {
      const channel = "person" in place ? `D-${place.person}` : place.channel;
      const posted = { channel, message: String(this.said.length + 1) };
      this.said.push({ posted, place, mark, content });
      return posted;
    });
  }

  async update({ message }: Posted, content: Content): Promise<void> {
    await this.#call(() => {
      const said = this.said.find(({ posted }) => posted.message === message);
      if (said !== undefined) said.content = content;
    });
  }

  async find(_place: Place, { request, keys }: Mark): Promise<Posted | undefined> {
    this.looked += 1;
    return await this.#call(
      () => this.said.find(({ mark }) => mark.request === request && mark.keys.some((key) => key === keys[0]))?.posted,
    );
  }

  /** The posts of a request, in the order in which they came. */
  keysOf(request: string): string[] {
    return this.said.flatMap(({ mark }) => (mark.request === request ? mark.keys : []));
  }

  async #call<T>(work: () => T): Promise<T> {
    const fault = this.next();
    await Promise.resolve();
    if (fault === "busy") throw new ChatBusy(1_000);
    if (fault === "away") throw new CodedError("CHAT_FAILED", "The chat platform does not answer.");
    const result = work();
    if (fault === "lost") throw new CodedError("CHAT_FAILED", "The answer was lost.");
    return result;
  }
}
