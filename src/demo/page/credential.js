/** @import { Message } from "./types.js" */
import { textsOf } from "./message-text.js";

/** @typedef {{ user: string, psql: string | null }} WayIn */

/**
 * Finds the newest way in among a person's own messages from the bot, as the person would by reading. The password is in none of them.
 *
 * @param {Message[]} messages
 * @returns {WayIn | null}
 */
export function findWayIn(messages) {
  for (const message of messages.toReversed()) {
    const text = textsOf(message);
    const user = /\bUser\b[^`\n]*\n?[^`\n]*`([^`\n]+)`/i.exec(text)?.[1];
    if (user) return { user, psql: /psql "[^"\n]+"/.exec(text)?.[0] ?? null };
  }
  return null;
}
