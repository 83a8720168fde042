import { setTimeout } from "node:timers/promises";
import { App, ExpressReceiver, SocketModeReceiver, type Receiver } from "@slack/bolt";
import type { Express } from "express";
import type { SlackConfig } from "../config.ts";
import type { Log } from "../log.ts";
import type { SlackContext } from "./context.ts";
import { slackGuard, type GuardOptions } from "./guard.ts";
import { foreign, type SlackIdentity } from "./identity.ts";
import { onButton } from "./on-button.ts";
import { onCommand } from "./on-command.ts";
import { onForm } from "./on-form.ts";
import { sdkLogger } from "./sdk-logger.ts";
import { SocketLine } from "./socket-line.ts";

export const SLACK_ROUTE = "/slack/events";
/** How long Slack may leave a ping unanswered before the socket counts as broken. */
const SOCKET_PING_MS = 2_000;
const SOCKET_ASK_MS = 10_000;
const FINISH_LIMIT_MS = 5_000;

export interface SlackBotOptions {
  readonly config: SlackConfig;
  readonly context: SlackContext;
  readonly own: () => SlackIdentity | undefined;
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
    authorize: () =>
      Promise.resolve({ botToken: config.botToken, botId: own()?.bot ?? "", botUserId: own()?.user ?? "" }),
    clientOptions: { slackApiUrl: config.apiUrl, retryConfig: { retries: 0 } },
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
  return {
    start: async () => {
      await line?.start();
    },
    stop: async () => {
      await line?.stop();
      // What was acknowledged is carried out and answered; a Slack that hangs can't hold up the end.
      await Promise.race([Promise.allSettled(inHand), setTimeout(FINISH_LIMIT_MS, undefined, { ref: false })]);
    },
    problem: () => (line?.connected === false ? "there is no socket to Slack" : undefined),
  };
}

function receiverFor({ config, web, guard, own, log }: SlackBotOptions): {
  receiver: Receiver;
  line: SocketLine | undefined;
} {
  const logger = sdkLogger(log);
  if ("appToken" in config.by) {
    const { appToken } = config.by;
    const socket = new SocketModeReceiver({
      appToken,
      logger,
      clientPingTimeout: SOCKET_PING_MS,
      autoReconnectEnabled: false,
      installerOptions: {
        clientOptions: {
          slackApiUrl: config.apiUrl,
          retryConfig: { retries: 0 },
          rejectRateLimitedCalls: true,
          timeout: SOCKET_ASK_MS,
        },
      },
    });
    return { receiver: socket, line: new SocketLine(socket, log) };
  }
  const { signingSecret } = config.by;
  web.post(SLACK_ROUTE, ...slackGuard({ ...guard, signingSecret, own, log }));
  return {
    receiver: new ExpressReceiver({ signingSecret, app: web, endpoints: SLACK_ROUTE, logger }),
    line: undefined,
  };
}
