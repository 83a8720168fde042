import type { Message } from "./message.ts";
import type { Workspace } from "./workspace.ts";

/** What the methods don't tell of a message, or only when asked. */
const HIDDEN = new Set(["channel", "ephemeralTo", "unfurl", "metadata"]);

/**
 * A message as Slack's methods and payloads tell of it.
 *
 * @param workspace - where it stands
 * @param message - which
 * @param options - `metadata`: whether to tell it; the methods do so only when asked
 */
export function apiMessage(
  workspace: Workspace,
  message: Message,
  options: { metadata?: boolean } = {},
): Record<string, unknown> {
  const { channel, metadata } = message;
  const facts = workspace.history.threadFacts(channel, message.ts);
  const { seed } = workspace;
  return structuredClone({
    ...Object.fromEntries(Object.entries(message).filter(([key]) => !HIDDEN.has(key))),
    team: seed.team.id,
    ...(message.bot_id === undefined ? {} : { app_id: seed.appId }),
    ...(options.metadata === true && metadata !== undefined ? { metadata } : {}),
    ...(facts === null
      ? {}
      : { thread_ts: message.ts, ...facts, reply_users_count: facts.reply_users.length, is_locked: false }),
    ...(message.thread_ts === undefined || message.thread_ts === message.ts
      ? {}
      : { parent_user_id: workspace.history.find(channel, message.thread_ts)?.user }),
  });
}
