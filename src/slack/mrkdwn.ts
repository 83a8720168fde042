import type { Names } from "../cards/names.ts";
import type { Span, Text } from "../domain/text.ts";

/** A long text of somebody's is cut, so that it can't push everything else out of a card. */
const SAID_MAX = 1_000;
/** A command to be run by hand must be whole. */
const CODE_MAX = 5_000;

/**
 * Text as Slack's mrkdwn. Everything that isn't our own markup is escaped, and escaped before it is cut: so no text can ping
 * a channel, forge a link or close a code block (https://docs.slack.dev/messaging/formatting-message-text).
 */
export function mrkdwn(text: Text, names: Names): string {
  return text.map((span) => spanMrkdwn(span, names)).join("");
}

/** The same without any markup, for headers and notifications. */
export function plain(text: Text, names: Names): string {
  return text.map((span) => spanPlain(span, names)).join("");
}

/** Slack's three control characters, and the backtick, for which a code block has no escape. */
export function escapeText(text: string, max = SAID_MAX): string {
  let escaped = "";
  for (const character of text) {
    const safe = ESCAPES[character] ?? character;
    if (escaped.length + safe.length > max - 1) return `${escaped}…`;
    escaped += safe;
  }
  return escaped;
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "`": "ˋ" };

function spanMrkdwn(span: Span, names: Names): string {
  if (typeof span === "string") return escapeText(span, 3_000);
  if ("said" in span) return escapeText(span.said);
  if ("person" in span) return escapeText(names.name(span.person));
  if ("code" in span) return `\`${escapeText(span.code, CODE_MAX)}\``;
  if ("strong" in span) return `*${escapeText(span.strong)}*`;
  if ("time" in span) return date(span.time, span.day ?? false);
  if ("link" in span) return `<${new URL(span.link).href.replaceAll("|", "%7C")}|${escapeText(span.label)}>`;
  if (typeof span.mention === "object") return "<!channel>";
  const account = names.account(span.mention);
  return account === undefined ? escapeText(names.name(span.mention)) : `<@${account}>`;
}

function spanPlain(span: Span, names: Names): string {
  if (typeof span === "string") return span;
  if ("said" in span) return span.said;
  if ("person" in span) return names.name(span.person);
  if ("code" in span) return span.code;
  if ("strong" in span) return span.strong;
  if ("time" in span) return clock(span.time);
  if ("link" in span) return span.label;
  return typeof span.mention === "object" ? "" : names.name(span.mention);
}

/** Shown in the reader's own time zone; in UTC where a client can't. */
function date(at: number, day: boolean): string {
  const form = day ? "{date_short_pretty} {time_secs}" : "{time_secs}";
  return `<!date^${Math.floor(at / 1_000)}^${form}|${clock(at)}>`;
}

function clock(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}
