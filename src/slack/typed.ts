import type { Policy } from "../domain/policy/schema.ts";

/** Slack escapes these three in what people type (https://docs.slack.dev/messaging/formatting-message-text). */
export function unescapeText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/**
 * The channel a request's thread stands in: the one it was typed in if its name is an incident channel's, else undefined for
 * the policy's own.
 */
export function threadChannel({ channels }: Policy, id: string, name: string): string | undefined {
  const { incidentChannels } = channels;
  return incidentChannels !== undefined && new RegExp(incidentChannels).test(name) ? id : undefined;
}
