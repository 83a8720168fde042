/** Slack escapes these three in what people type (https://docs.slack.dev/messaging/formatting-message-text). */
export function unescapeText(text: string): string {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
