import { WebClient } from "@slack/web-api";
import type { SlackConfig } from "../config.ts";
import type { Log } from "../log.ts";
import { slackClients, type SlackClients } from "../slack/clients.ts";
import { askIdentity, type SlackIdentity } from "../slack/identity.ts";

const ASK_AGAIN_MS = 3_000;

/**
 * The line to Slack. Who we are is asked until Slack tells; until then no call of Slack's is taken, but the program runs:
 * revokes don't wait for chat.
 */
export class SlackLine {
  readonly clients: SlackClients;
  readonly #log: Log;
  readonly #configured: boolean;
  #identity: SlackIdentity | undefined;
  #again: NodeJS.Timeout | undefined;
  #closed = false;

  /** @param config - undefined in a process that doesn't speak to Slack */
  constructor(config: SlackConfig | undefined, log: Log) {
    this.#configured = config !== undefined;
    this.clients =
      config === undefined ? { answering: new WebClient(), posting: new WebClient() } : slackClients(config);
    this.#log = log;
  }

  get identity(): SlackIdentity | undefined {
    return this.#identity;
  }

  /** Asks who we are, now and until it is known. Resolves after the first try. */
  async open(): Promise<void> {
    if (!this.#configured || this.#closed) return;
    try {
      this.#identity = await askIdentity(this.clients.answering);
      if (this.#identity.app === undefined)
        this.#log.warn("Slack did not tell our app's id: only the workspace of a call is checked");
    } catch (error) {
      this.#log.error("Slack did not tell who we are; trying again", { error });
      this.#again = setTimeout(() => void this.open(), ASK_AGAIN_MS);
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
  }
}
