/** A call of the bot on Slack, as it was answered. Tokens are not kept. */
export type ApiCall = {
  /** Such as `chat.postMessage`, or `response_url`. */
  method: string;
  args: Record<string, unknown>;
  /** Milliseconds since 1970. */
  at: number;
  status: number;
  answer: Record<string, unknown>;
};

const KEPT = 2000;

/** The newest calls, oldest first. */
export class ApiCalls {
  readonly #calls: ApiCall[] = [];

  /** @param call - one more */
  add(call: ApiCall): void {
    this.#calls.push(call);
    if (this.#calls.length > KEPT) this.#calls.shift();
  }

  /** @param method - only calls of this method, if given */
  list(method?: string): ApiCall[] {
    return this.#calls.filter((one) => method === undefined || one.method === method);
  }
}
