import { WebClient } from "@slack/web-api";
import type { SlackConfig } from "../config.ts";
import { ChatRefused } from "../app/messenger.ts";
import { asCoded } from "../errors.ts";
import type { Log } from "../log.ts";
import { call } from "../slack/call.ts";
import { slackClients, type SlackClients } from "../slack/clients.ts";
import { askIdentity, type SlackIdentity } from "../slack/identity.ts";

const ASK_AGAIN_MS = 3_000;
/** Slack said no: that changes only when somebody does something about it. */
const REFUSED_AGAIN_MS = 30_000;
const READY_KEPT_MS = 2_000;

/**
 * The line to Slack. Who we are is asked until Slack tells; until then no call of Slack's is taken, but the program runs:
 * revokes don't wait for chat.
 */
export class SlackLine {
  readonly clients: SlackClients;
  /** Resolves when Slack told who we are. */
  readonly known: Promise<void>;
  readonly #log: Log;
  readonly #now: () => number;
  #asked: { readonly until: number; readonly answer: Promise<string | undefined> } | undefined;
  readonly #configured: boolean;
  #identity: SlackIdentity | undefined;
  #isKnown: () => void = () => undefined;
  #again: NodeJS.Timeout | undefined;
  #told: string | undefined;
  #closed = false;

  /**
   * @param config - undefined in a process that doesn't speak to Slack
   * @param now - epoch milliseconds
   */
  constructor(config: SlackConfig | undefined, now: () => number, log: Log) {
    this.#now = now;
    this.#configured = config !== undefined;
    this.clients =
      config === undefined ? { answering: new WebClient(), posting: new WebClient() } : slackClients(config, log);
    this.#log = log;
    this.known = new Promise((resolve) => {
      this.#isKnown = resolve;
    });
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
      this.#isKnown();
    } catch (error) {
      const { message, next, code } = asCoded(error);
      const why = `${message} ${next}`.trim();
      // Once for each reason: a token that is refused is refused for as long as nobody looks.
      if (why !== this.#told) this.#log.error(`No commands are taken until Slack tells who we are. ${why}`, { code });
      this.#told = why;
      this.#openLater(error instanceof ChatRefused ? REFUSED_AGAIN_MS : ASK_AGAIN_MS);
    }
  }

  #openLater(inMs: number): void {
    if (!this.#closed) this.#again = setTimeout(() => void this.open(), inMs);
  }

  /** What is wrong with the line, if anything. Slack is asked at most every few seconds, however often we are. */
  async ready(): Promise<string | undefined> {
    if (this.#identity === undefined) return "Slack has not told who we are";
    const now = this.#now();
    if (this.#asked === undefined || now >= this.#asked.until) {
      this.#asked = { until: now + READY_KEPT_MS, answer: this.#ask() };
    }
    return await this.#asked.answer;
  }

  async #ask(): Promise<string | undefined> {
    try {
      await call("its readiness", this.clients.answering.auth.test());
      return undefined;
    } catch (error) {
      return asCoded(error).message;
    }
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#again);
  }
}
