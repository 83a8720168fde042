import type { Names } from "../cards/names.ts";
import type { Span, Text } from "../domain/text.ts";

/** A long text of somebody's is cut, so that it can't push everything else out of a card. */
const SAID_MAX = 1_000;
/** A command to be run by hand must be whole. */
const CODE_MAX = 5_000;
/** In bytes of UTF-8: with what stands around it, a message stays under 25 kB. */
const MESSAGE_MAX = 18_000;

/** Somebody who is called in a card's text: Teams holds the text against this. */
export interface Mention {
  readonly type: "mention";
  readonly text: string;
  readonly mentioned: { readonly id: string; readonly name: string };
}

/**
 * Text for an Adaptive Card's TextBlock, whose Markdown and `{{DATE()}}` are only ours: what anybody wrote is escaped, after it
 * was cut. Times are shown in the reader's own zone.
 */
export function cardText(text: Text, names: Names): string {
  return lineStart(text.map((span) => spanCard(span, names)).join(""));
}

/** Text for a message, as the HTML that Teams takes. */
export function messageHtml(text: Text, names: Names): string {
  let html = "";
  for (const span of text) {
    const next = spanHtml(span, names);
    // Between pieces, because half a tag or half an entity would be shown as it is written.
    if (Buffer.byteLength(html) + Buffer.byteLength(next) > MESSAGE_MAX) return `${html}…`;
    html += next;
  }
  return html;
}

/** The same without any markup, for notifications. */
export function plainText(text: Text, names: Names): string {
  return text.map((span) => spanPlain(span, names)).join("");
}

/** Who is called in a text, and has an account. */
export function mentionsIn(texts: readonly Text[], names: Names): Mention[] {
  const called = texts.flat().flatMap((span) => {
    if (typeof span === "string" || !("mention" in span) || typeof span.mention === "object") return [];
    const id = names.account(span.mention);
    return id === undefined ? [] : [{ id, name: names.name(span.mention) }];
  });
  const once = new Map(called.map(({ id, name }): [string, Mention] => [id, mention(id, name)]));
  return [...once.values()];
}

function mention(id: string, name: string): Mention {
  return { type: "mention", text: at(name), mentioned: { id, name } };
}

function at(name: string): string {
  return `<at>${name.replace(/[<>&\\*_[\]`{}~|]/g, "")}</at>`;
}

/** Markdown's own characters, and what begins a date or a mention. */
export function escapeMarkdown(text: string, max = SAID_MAX): string {
  return cutTo(text, max).replace(/[\\`*_[\]<>~|{}&]/g, "\\$&");
}

/** At a line's beginning more characters mean something: headings, lists, quotations. */
function lineStart(markdown: string): string {
  return markdown.replace(/^(\s*)([#+\-=])/gm, "$1\\$2").replace(/^(\s*\d+)([.)])/gm, "$1\\$2");
}

export function escapeHtml(text: string, max = SAID_MAX): string {
  return cutTo(text, max).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

function cutTo(text: string, max: number): string {
  if (text.length <= max) return text;
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

function spanCard(span: Span, names: Names): string {
  if (typeof span === "string") return escapeMarkdown(span, 3_000);
  if ("said" in span) return escapeMarkdown(span.said);
  if ("person" in span) return escapeMarkdown(names.name(span.person));
  if ("code" in span) return escapeMarkdown(span.code, CODE_MAX);
  if ("strong" in span) return `**${escapeMarkdown(span.strong)}**`;
  if ("time" in span) return date(span.time, span.day ?? false);
  if ("link" in span) return `[${escapeMarkdown(span.label)}](${address(span.link)})`;
  if (typeof span.mention === "object") return "🔔";
  const name = names.name(span.mention);
  return names.account(span.mention) === undefined ? escapeMarkdown(name) : at(name);
}

function spanHtml(span: Span, names: Names): string {
  if (typeof span === "string") return escapeHtml(span, 3_000).replaceAll("\n", "<br>");
  if ("said" in span) return escapeHtml(span.said);
  if ("code" in span) return `<code>${escapeHtml(span.code, CODE_MAX)}</code>`;
  if ("strong" in span) return `<strong>${escapeHtml(span.strong)}</strong>`;
  if ("link" in span) return `<a href="${escapeHtml(address(span.link))}">${escapeHtml(span.label)}</a>`;
  return escapeHtml(spanPlain(span, names));
}

function spanPlain(span: Span, names: Names): string {
  if (typeof span === "string") return span;
  if ("said" in span) return span.said;
  if ("person" in span) return names.name(span.person);
  if ("code" in span) return span.code;
  if ("strong" in span) return span.strong;
  if ("time" in span) return clock(span.time, span.day ?? false);
  if ("link" in span) return span.label;
  return typeof span.mention === "object" ? "🔔" : names.name(span.mention);
}

function address(link: string): string {
  return new URL(link).href.replaceAll("(", "%28").replaceAll(")", "%29");
}

/** A card shows it in the reader's zone (https://learn.microsoft.com/adaptive-cards/authoring-cards/text-features). */
function date(at: number, day: boolean): string {
  const iso = `${new Date(at).toISOString().slice(0, 19)}Z`;
  return day ? `{{DATE(${iso}, SHORT)}} {{TIME(${iso})}}` : `{{TIME(${iso})}}`;
}

/** A message can't: it says which zone it means. */
function clock(at: number, day: boolean): string {
  const iso = new Date(at).toISOString();
  return `${day ? `${iso.slice(0, 10)} ` : ""}${iso.slice(11, 19)} UTC`;
}
