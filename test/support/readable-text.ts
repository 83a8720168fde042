import type { Span, Text } from "../../src/domain/text.ts";

/** A text as a person in UTC would see it, with what a platform would make of each piece spelled out. */
export function readableText(text: Text, nameOf: (person: string) => string): string {
  return text.map((span) => readableSpan(span, nameOf)).join("");
}

function readableSpan(span: Span, nameOf: (person: string) => string): string {
  if (typeof span === "string") return span;
  if ("said" in span) return span.said;
  if ("person" in span) return nameOf(span.person);
  if ("code" in span) return `\`${span.code}\``;
  if ("strong" in span) return `*${span.strong}*`;
  if ("link" in span) return `[${span.label}](${span.link})`;
  if ("time" in span) return clock(span.time, span.day === true);
  return typeof span.mention === "object" ? "@channel" : `@${nameOf(span.mention)}`;
}

function clock(at: number, withDay: boolean): string {
  const [day = "", time = ""] = new Date(at).toISOString().split("T");
  return withDay ? `${day} ${time.slice(0, 8)}` : time.slice(0, 8);
}
