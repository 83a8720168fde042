import { setTimeout } from "node:timers/promises";
import { App, ExpressReceiver, type Receiver } from "@slack/bolt";
import type { Express } from "express";
import type { SlackConfig } from "../config.ts";
import type { Log } from "../log.ts";
import type { SlackContext } from "./context.ts";
import { slackGuard, type GuardOptions } from "./guard.ts";
import { foreign, type SlackIdentity } from "./identity.ts";
import { onButton } from "./on-button.ts";
import { onCommand } from "./on-command.ts";
import { onForm } from "./on-form.ts";
import { onHome } from "./on-home.ts";
import { sdkLogger } from "./sdk-logger.ts";
import { SocketLine } from "./socket-line.ts";
import { triedTwice, webFetch } from "./web-fetch.ts";

export const SLACK_ROUTE = "/slack/events";
/** So long calls that are under way may still be acknowledged before the socket is closed. */
const LAST_ACKS_MS = 1_000;
/** Each of two tries. */
const RESPOND_LIMIT_MS = 5_000;
const FINISH_LIMIT_MS = 5_000;

export interface SlackBotOptions {
  readonly config: SlackConfig;
  readonly context: SlackContext;
  readonly own: () => SlackIdentity | undefined;
  /** Resolves when `own` is known. */
  readonly known: Promise<unknown>;
  /** The HTTP server's routes, for Slack over HTTP. */
  readonly web: Express;
  readonly guard: Omit<GuardOptions, "signingSecret" | "own" | "log">;
  readonly log: Log;
}

/** What starts and stops. Over HTTP the server is somebody else's; stopping waits for what is in hand. */
export interface SlackBot {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** What is wrong with the way in, if anything. */
  problem(): string | undefined;
}

/** Every way in from Slack: each listener translates, and ends in the one door. */
export function createSlackBot(options: SlackBotOptions): SlackBot {
  const { config, context, own, log } = options;
  const { receiver, line } = receiverFor(options);
  const app = new App({
    receiver,
    // Bolt would otherwise keep a state of every conversation, and look it up for every call.
    convoStore: false,
    authorize: () =>
      Promise.resolve({ botToken: config.botToken, botId: own()?.bot ?? "", botUserId: own()?.user ?? "" }),
    clientOptions: {
      ...{ slackApiUrl: config.apiUrl, retryConfig: { retries: 0 } },
      // Its clients are never asked; by its fetch go late answers.
      fetch: triedTwice(webFetch(RESPOND_LIMIT_MS)),
    },
    logger: sdkLogger(log),
  });
  app.error(({ message }) => {
    log.error("a listener failed", { error: message });
    return Promise.resolve();
  });
  const inHand = new Set<Promise<void>>();
  // Over HTTP the guard has done this already; over Socket Mode this is where it is done.
  app.use(async ({ body, next }) => {
    const identity = own();
    const why = identity === undefined ? "it is not known yet who we are" : foreign(body, identity);
    if (why !== undefined) {
      log.warn("a payload was refused", { code: "PLATFORM_MISMATCH", why });
      return;
    }
    const work = next();
    inHand.add(work);
    try {
      await work;
    } finally {
      inHand.delete(work);
    }
  });
  onCommand(app, context);
  onButton(app, context);
  onForm(app, context);
  onHome(app, context);
  return {
    start: async () => {
      await line?.start();
    },
    stop: async () => {
      if (line !== undefined) {
        await finished(inHand, LAST_ACKS_MS);
        await line.stop();
      }
      // What was acknowledged is carried out and answered; a Slack that hangs can't hold up the end.
      await finished(inHand, FINISH_LIMIT_MS);
    },
    problem: () => (line?.connected === false ? "there is no socket to Slack" : undefined),
  };
}

function receiverFor({ config, web, guard, own, known, log }: SlackBotOptions): {
  receiver: Receiver;
  line: SocketLine | undefined;
} {
  const { by, apiUrl } = config;
  if ("appToken" in by) {
    const line = new SocketLine({ appToken: by.appToken, apiUrl, known, now: guard.now, log });
    return { receiver: line, line };
  }
  const { signingSecret } = by;
  web.post(SLACK_ROUTE, ...slackGuard({ ...guard, signingSecret, own, log }));
  const logger = sdkLogger(log);
  return {
    // The guard has checked the signature by now. Bolt's check goes by the machine's clock, and where that has jumped it refuses all.
    receiver: new ExpressReceiver({
      ...{ signingSecret, app: web, endpoints: SLACK_ROUTE, logger },
      signatureVerification: false,
    }),
    line: undefined,
  };
}

async function finished(inHand: Iterable<Promise<void>>, limitMs: number): Promise<void> {
  await Promise.race([Promise.allSettled(inHand), setTimeout(limitMs, undefined, { ref: false })]);
}
