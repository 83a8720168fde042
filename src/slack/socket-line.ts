import { once } from "node:events";
import { setTimeout } from "node:timers/promises";
import type { App, Receiver } from "@slack/bolt";
import { WebAPIRateLimitedError } from "@slack/web-api";
import { SocketConnection, type SocketOptions } from "./socket-connection.ts";

/** How patient a line is, in milliseconds. */
export interface SocketPace {
  /** Before the second try, doubling from there. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** For one connection to be made, from the first question to Slack's hello. */
  readonly connect: number;
  /** A connection that ends sooner counts as a failure: who asks again at once for hours is shut out. */
  readonly steady: number;
}

const PACE: SocketPace = { firstPause: 500, longestPause: 5_000, connect: 10_000, steady: 10_000 };
/** A start that takes longer goes on in the background: the rest of the program doesn't wait for Slack. */
const START_LIMIT_MS = 1_000;

export interface SocketLineOptions extends SocketOptions {
  /** Resolves when Slack told who we are: what came before that could not be taken. */
  readonly known: Promise<unknown>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly pace?: SocketPace;
}

/** Slack over Socket Mode: keeps a connection for as long as the program runs. */
export class SocketLine implements Receiver {
  readonly #options: SocketLineOptions;
  readonly #pace: SocketPace;
  readonly #stopping = new AbortController();
  #app: App | undefined;
  #connected = false;
  #running: Promise<void> | undefined;

  constructor(options: SocketLineOptions) {
    this.#options = options;
    this.#pace = options.pace ?? PACE;
  }

  get connected(): boolean {
    return this.#connected;
  }

  init(app: App): void {
    this.#app = app;
  }

  /** Connects, and again whenever the connection ends. Resolves after the first try, or after a moment. */
  async start(): Promise<void> {
    const tried = new Promise<void>((resolve) => {
      this.#running = this.#run(resolve);
    });
    await Promise.race([tried, setTimeout(START_LIMIT_MS, undefined, { ref: false })]);
  }

  /** Takes no more calls; nothing of it is left when this resolves. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(onTried: () => void): Promise<void> {
    const { firstPause, longestPause } = this.#pace;
    const { signal } = this.#stopping;
    const stopped = once(signal, "abort");
    await Promise.race([this.#options.known, stopped]);
    let pauseMs = firstPause;
    while (!signal.aborted) {
      const { stoodMs, askedMs } = await this.#connect(stopped, onTried);
      onTried();
      if (stoodMs >= this.#pace.steady) {
        pauseMs = firstPause;
        continue;
      }
      await setTimeout(Math.max(pauseMs, askedMs), undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, longestPause);
    }
  }

  /** One connection, to its end. @returns how long it stood, and how long Slack asked to wait before the next */
  async #connect(stopped: Promise<unknown>, onOpen: () => void): Promise<{ stoodMs: number; askedMs: number }> {
    const { log, now } = this.#options;
    if (this.#app === undefined) throw new Error("a line that nothing listens on");
    const connection = new SocketConnection(this.#options, this.#app);
    try {
      const opened = connection.open(this.#pace.connect).then(() => "open");
      if ((await Promise.race([opened, stopped])) !== "open") return { stoodMs: 0, askedMs: 0 };
      this.#connected = true;
      onOpen();
      const since = now();
      await Promise.race([connection.ended, stopped]);
      if (!this.#stopping.signal.aborted) log.info("the socket to Slack ended; connecting again");
      return { stoodMs: now() - since, askedMs: 0 };
    } catch (error) {
      log.warn("Slack gave no socket; trying again", { error: error ?? "it closed before it said hello" });
      return { stoodMs: 0, askedMs: error instanceof WebAPIRateLimitedError ? error.retryAfter * 1_000 : 0 };
    } finally {
      this.#connected = false;
      await connection.leave();
    }
  }
}
