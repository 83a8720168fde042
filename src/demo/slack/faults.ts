/** What goes wrong with one call of the bot on Slack. */
export type Fault = {
  /** An HTTP status instead of an answer; 429 goes with `retryAfter`. */
  status?: number;
  /** Slack's refusal, such as `internal_error`. */
  error?: string;
  /** Seconds, in `Retry-After`; makes it a 429. */
  retryAfter?: number;
  /** Waits before it goes on. */
  delayMs?: number;
  /** Never answers. */
  hang?: boolean;
  /** Drops the connection, and does nothing. */
  breakOff?: boolean;
  /** Does the work, then drops the connection: the bot can't know. */
  loseAnswer?: boolean;
};

/** `true` answers 503, `"drop"` breaks every connection; Socket Mode is down in both. */
export type Outage = boolean | "drop";

/** The failures that a test orders. */
export class Faults {
  readonly #ordered: { method: string; fault: Fault }[] = [];
  readonly #onOutage: () => void;
  #outage: Outage = false;

  /** @param onOutage - called when an outage begins */
  constructor(onOutage: () => void) {
    this.#onOutage = onOutage;
  }

  /** Whether, and how, Slack is away. */
  get now(): Outage {
    return this.#outage;
  }

  /**
   * Makes the next call of a method go wrong. Several orders are used up one by one.
   *
   * @param method - such as `chat.postMessage`, or `chat.postMessage D0ALICE` for one channel alone; `response_url` for
   * those; `*` for whatever comes next
   * @param fault - what goes wrong
   */
  next(method: string, fault: Fault): void {
    this.#ordered.push({ method, fault });
  }

  /**
   * Takes the order for this call, if there is one.
   *
   * @param names - the call's method, and its method and channel if it has one
   */
  take(...names: readonly string[]): Fault {
    const at = this.#ordered.findIndex(({ method }) => method === "*" || names.includes(method));
    return at < 0 ? {} : (this.#ordered.splice(at, 1)[0]?.fault ?? {});
  }

  /** Begins or ends an outage of all of Slack. */
  outage(state: Outage): void {
    this.#outage = state;
    if (state !== false) this.#onOutage();
  }

  /** Forgets every order, and ends an outage. */
  clear(): void {
    this.#ordered.length = 0;
    this.#outage = false;
  }
}
