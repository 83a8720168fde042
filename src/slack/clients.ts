import { WebClient } from "@slack/web-api";
import type { SlackConfig } from "../config.ts";
import type { Log } from "../log.ts";
import { sdkLogger } from "./sdk-logger.ts";
import { webFetch } from "./web-fetch.ts";

/** Answering people and posting are separate: a 429 on one method pauses a whole client, and a form can't wait. */
export interface SlackClients {
  readonly answering: WebClient;
  readonly posting: WebClient;
}

/** A form's trigger lives 3 s. */
const ANSWER_LIMIT_MS = 2_500;
const POST_LIMIT_MS = 10_000;

/** Both clients. Nothing is retried here: retries belong to the queue, where they can be seen and survive a restart. */
export function slackClients({ botToken, apiUrl }: SlackConfig, log: Log): SlackClients {
  const common = {
    logger: sdkLogger(log),
    slackApiUrl: apiUrl,
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
  };
  return {
    answering: new WebClient(botToken, { ...common, fetch: webFetch(ANSWER_LIMIT_MS) }),
    posting: new WebClient(botToken, { ...common, fetch: webFetch(POST_LIMIT_MS) }),
  };
}
