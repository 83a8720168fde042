import { WebAPIPlatformError, WebAPIRateLimitedError } from "@slack/web-api";
import { ChatBusy, ChatRefused, type Over } from "../app/messenger.ts";
import { CodedError } from "../errors.ts";

/** What a person can do about Slack's most usual refusals. */
const NEXT: Readonly<Record<string, string>> = {
  not_in_channel: "Invite the bot to the channel: /invite @Breakglass",
  channel_not_found: "Check the channel's id in the policy, and invite the bot if it is private.",
  is_archived: "Unarchive the channel, or name another in the policy.",
  not_enabled: "Turn the app's Home tab on: install the app again from manifests/slack.yaml.",
  missing_scope: "Install the app again from manifests/slack.yaml.",
  invalid_auth: "Check SLACK_BOT_TOKEN: Slack does not know it.",
  not_authed: "Check SLACK_BOT_TOKEN: it begins with xoxb-.",
  token_revoked: "Install the app again: SLACK_BOT_TOKEN was revoked.",
  account_inactive: "Install the app again: SLACK_BOT_TOKEN was revoked.",
};

/** Slack's words for what has come to an end, while the request has not. */
const OVER: Readonly<Record<string, Over>> = {
  message_not_found: "message",
  cant_update_message: "message",
  edit_window_closed: "message",
  is_inactive: "message",
  thread_not_found: "thread",
  cannot_reply_to_message: "thread",
  restricted_action_thread_locked: "thread",
  is_archived: "channel",
  channel_not_found: "channel",
  not_in_channel: "channel",
};

/**
 * Slack's own trouble, which it says as it says a no: "It's possible some aspect of the operation succeeded before the error was
 * raised" (https://docs.slack.dev/reference/methods/chat.postMessage).
 */
const TROUBLE: readonly string[] = ["internal_error", "fatal_error", "service_unavailable", "request_timeout"];

/**
 * Calls Slack and says what went wrong in our own words.
 *
 * @throws {@link ChatBusy} on 429; {@link ChatRefused} when Slack said no; `CHAT_FAILED` when it is unknown what happened
 */
export async function call<T>(what: string, request: Promise<T>): Promise<T> {
  try {
    return await request;
  } catch (error) {
    if (error instanceof WebAPIRateLimitedError) throw new ChatBusy(error.retryAfter * 1_000);
    if (error instanceof WebAPIPlatformError) {
      const reason = error.data.error;
      if (TROUBLE.includes(reason)) throw unknown(`Slack is in trouble with ${what}: ${reason}.`, error);
      throw new ChatRefused(reason, `Slack refused ${what}: ${reason}.`, NEXT[reason] ?? "", OVER[reason]);
    }
    throw unknown(`Slack could not be reached for ${what}.`, error);
  }
}

function unknown(message: string, cause: unknown): CodedError {
  return new CodedError("CHAT_FAILED", message, { next: "It is tried again.", cause });
}
