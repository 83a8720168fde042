import { ChatBusy } from "./messenger.ts";

/** Keeps the pauses that Slack asked for: what would be refused again isn't asked. One pause for each key. */
export class Pauses {
  readonly #now: () => number;
  readonly #until = new Map<string, number>();

  /** @param now - epoch milliseconds */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param key - what Slack counts by: a channel for messages, a method for the rest
   * @throws {@link ChatBusy} while a pause lasts, and what `ask` throws
   */
  async respect<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const leftMs = (this.#until.get(key) ?? 0) - this.#now();
    if (leftMs > 0) throw new ChatBusy(leftMs);
    this.#until.delete(key);
    try {
      return await ask();
    } catch (error) {
      if (error instanceof ChatBusy) this.#until.set(key, this.#now() + error.retryAfterMs);
      throw error;
    }
  }
}
