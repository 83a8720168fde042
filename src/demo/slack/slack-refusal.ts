/** An answer of Slack's that begins with `ok: false`. It is data for the bot, not a failure of this program. */
export class SlackRefusal extends Error {
  /** Slack's own word, such as `channel_not_found`. */
  readonly error: string;
  /** What Slack adds under `response_metadata.messages`: one line a fault, with a JSON pointer. */
  readonly messages: readonly string[];
  /** Whatever else stands beside `error` in the answer. */
  readonly extra: Readonly<Record<string, unknown>>;

  /**
   * @param error - Slack's error code
   * @param messages - Slack's details, if any
   * @param extra - more fields of the answer
   */
  constructor(error: string, messages: readonly string[] = [], extra: Readonly<Record<string, unknown>> = {}) {
    super(messages.length === 0 ? error : `${error}: ${messages.join("; ")}`);
    this.name = "SlackRefusal";
    this.error = error;
    this.messages = messages;
    this.extra = extra;
  }

  /** The answer's body as Slack writes it. */
  body(): Record<string, unknown> {
    const details = this.messages.length === 0 ? {} : { response_metadata: { messages: this.messages } };
    return { ok: false, error: this.error, ...this.extra, ...details };
  }
}
