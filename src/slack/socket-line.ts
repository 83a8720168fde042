import { setTimeout } from "node:timers/promises";
import type { SocketModeReceiver } from "@slack/bolt";
import { WebAPIRateLimitedError } from "@slack/web-api";
import type { Log } from "../log.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** A start that takes longer goes on in the background: revokes and the pages of health don't wait for Slack. */
const START_LIMIT_MS = 3_000;
const GOODBYE_MS = 2_000;

/**
 * Keeps a Socket Mode connection for as long as the program runs. The client's own way of connecting again waits longer and
 * longer, up to hours, and ends the process with an unhandled rejection when Slack answers with an error: so it is off.
 */
export class SocketLine {
  readonly #client: SocketModeReceiver["client"];
  readonly #log: Log;
  readonly #stopping = new AbortController();
  #connected = false;
  #running: Promise<void> | undefined;

  /** @param receiver - with `autoReconnectEnabled: false` */
  constructor({ client }: SocketModeReceiver, log: Log) {
    this.#client = client;
    this.#log = log;
  }

  get connected(): boolean {
    return this.#connected;
  }

  /** Connects, and again whenever the connection ends. Resolves when it stands, or after a moment. */
  async start(): Promise<void> {
    const first = new Promise<void>((resolve) => {
      this.#running = this.#run(resolve);
    });
    await Promise.race([first, setTimeout(START_LIMIT_MS, undefined, { ref: false })]);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    const goodbye = this.#client.disconnect().catch(() => undefined);
    await Promise.race([Promise.all([goodbye, this.#running]), setTimeout(GOODBYE_MS, undefined, { ref: false })]);
  }

  async #run(onFirst: () => void): Promise<void> {
    const { signal } = this.#stopping;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const ended = this.#nextEnd();
      try {
        await this.#client.start();
        this.#connected = true;
        pauseMs = FIRST_PAUSE_MS;
        onFirst();
        await ended;
        this.#log.info("the socket to Slack ended; connecting again");
      } catch (error) {
        this.#log.warn("Slack gave no socket; trying again", { error });
        const asked = error instanceof WebAPIRateLimitedError ? error.retryAfter * 1_000 : 0;
        await setTimeout(Math.max(pauseMs, asked), undefined, { signal }).catch(() => undefined);
        pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
      } finally {
        this.#connected = false;
      }
    }
  }

  async #nextEnd(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#client.once("disconnected", () => {
        resolve();
      });
    });
  }
}
