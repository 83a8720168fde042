import { randomUUID } from "node:crypto";

/** Hands out ids and message timestamps that never repeat. Visible ids count up, so that a run reads the same each time. */
export class Ids {
  readonly #now: () => number;
  #count = 0;
  #lastMicros = 0;

  /** @param now - milliseconds since 1970 */
  constructor(now: () => number) {
    this.#now = now;
  }

  /**
   * @param prefix - Slack's letter for the kind of thing, such as `V` for a view
   */
  next(prefix: string): string {
    this.#count += 1;
    return `${prefix}0${this.#count.toString(36).toUpperCase().padStart(6, "0")}`;
  }

  /** A message's timestamp: seconds and six digits, unique and rising even when the clock stands still. */
  ts(): string {
    this.#lastMicros = Math.max(this.#now() * 1000, this.#lastMicros + 1);
    const seconds = Math.floor(this.#lastMicros / 1_000_000);
    return `${seconds}.${String(this.#lastMicros % 1_000_000).padStart(6, "0")}`;
  }

  /** What nobody may guess: the tail of a response URL, a socket's ticket, a trigger. */
  secret(): string {
    return randomUUID().replaceAll("-", "");
  }
}
