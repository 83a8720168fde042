import { setTimeout } from "node:timers/promises";
import { SocketModeReceiver, type App } from "@slack/bolt";
import { z } from "zod";
import { within } from "../app/within.ts";
import type { Log } from "../log.ts";
import { sdkLogger } from "./sdk-logger.ts";

/** How long Slack may leave a ping unanswered before the socket counts as broken. */
const PING_LIMIT_MS = 2_000;
const ASK_LIMIT_MS = 5_000;
const GOODBYE_LIMIT_MS = 500;

export interface SocketOptions {
  readonly appToken: string;
  readonly apiUrl: string;
  readonly log: Log;
}

/**
 * One Socket Mode connection, from asking for it to its end; the next one is another object. The client of Slack's library can
 * be started again, but then the late end of an old socket is taken for the end of the new one, which lives on unseen.
 */
export class SocketConnection {
  readonly #client: SocketModeReceiver["client"];
  readonly #asking = new AbortController();
  /** Resolves when it has ended, or Slack asked to connect anew. */
  readonly ended: Promise<void>;

  /** @param app - what takes the calls that come over it */
  constructor({ appToken, apiUrl, log }: SocketOptions, app: App) {
    const receiver = new SocketModeReceiver({
      appToken,
      logger: sdkLogger(log),
      clientPingTimeout: PING_LIMIT_MS,
      // It waits longer and longer, up to hours, and ends the process when Slack answers with an error.
      autoReconnectEnabled: false,
      installerOptions: {
        clientOptions: {
          slackApiUrl: apiUrl,
          retryConfig: { retries: 0 },
          rejectRateLimitedCalls: true,
          timeout: ASK_LIMIT_MS,
          fetch: async (url, init) => await fetch(url, { ...init, signal: this.#signal(init?.signal) }),
        },
      },
    });
    receiver.init(app);
    this.#client = receiver.client;
    this.ended = new Promise((resolve) => {
      this.#client.once("disconnected", () => {
        resolve();
      });
      this.#client.on("ws_message", (data: unknown) => {
        if (isFarewell(data)) resolve();
      });
    });
  }

  /**
   * Resolves when Slack has said hello.
   *
   * @param limitMs - for all of it
   * @throws what Slack's library throws, a `WebAPIRateLimitedError` among it
   */
  async open(limitMs: number): Promise<void> {
    await within(limitMs, this.#client.start(), () => new Error("Slack gave no socket in time"));
  }

  /** Ends it, whatever state it is in. Never throws. */
  async leave(): Promise<void> {
    this.#asking.abort();
    await Promise.race([this.#client.disconnect(), setTimeout(GOODBYE_LIMIT_MS, undefined, { ref: false })]);
    // Asked a second time, the library no longer waits (30 s) for the other side's goodbye.
    await this.#client.disconnect();
  }

  #signal(other: AbortSignal | null | undefined): AbortSignal {
    return other instanceof AbortSignal ? AbortSignal.any([other, this.#asking.signal]) : this.#asking.signal;
  }
}

/** Slack's word that this connection is about to go (https://docs.slack.dev/apis/events-api/using-socket-mode). */
const farewell = z.object({ type: z.literal("disconnect") });

function isFarewell(data: unknown): boolean {
  try {
    return typeof data === "string" && farewell.safeParse(JSON.parse(data)).success;
  } catch {
    return false;
  }
}
