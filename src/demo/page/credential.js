/** @import { Message } from "./types.js" */
import { textsOf } from "./message-text.js";

/** @typedef {{ user: string, password: string, psql: string | null }} Credential */

/**
 * Finds the newest credential among a person's own messages from the bot, as the person would by reading.
 *
 * @param {Message[]} messages
 * @returns {Credential | null}
 */
export function findCredential(messages) {
  for (const message of messages.toReversed()) {
    const text = textsOf(message);
    const user = /\bUser\b[^`\n]*\n?[^`\n]*`([^`\n]+)`/i.exec(text)?.[1];
    const password = /\bPassword\b[^`\n]*\n?[^`\n]*`([^`\n]+)`/i.exec(text)?.[1];
    if (user && password) return { user, password, psql: /psql "[^"\n]+"/.exec(text)?.[0] ?? null };
  }
  return null;
}
