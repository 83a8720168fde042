import type { Span, Text } from "../domain/text.ts";

/** Text that is HTML already. Everything else is escaped on its way into a page. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | number | Html | undefined | readonly (Html | string)[];

/** A piece of HTML: what is put into it is escaped, unless it is {@link Html} itself. */
export function html(pieces: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return new Html(
    pieces.map((piece, index) => piece + render(index === pieces.length - 1 ? undefined : parts[index])).join(""),
  );
}

function render(part: Part): string {
  if (part === undefined) return "";
  if (part instanceof Html) return part.text;
  if (typeof part === "object") return part.map(render).join("");
  return escapeHtml(String(part));
}

/** @param text - anything; the result is inert as text and inside a quoted attribute */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/**
 * A sentence as HTML.
 *
 * @param nameOf - how people are called
 */
export function textHtml(text: Text, nameOf: (person: string) => string): Html {
  return new Html(text.map((span) => spanHtml(span, nameOf).text).join(""));
}

function spanHtml(span: Span, nameOf: (person: string) => string): Html {
  if (typeof span === "string") return html`${span}`;
  if ("said" in span) return html`${span.said}`;
  if ("person" in span) return html`${nameOf(span.person)}`;
  if ("code" in span) return html`<code>${span.code}</code>`;
  if ("strong" in span) return html`<strong>${span.strong}</strong>`;
  if ("time" in span) {
    const iso = new Date(span.time).toISOString();
    return html`<time datetime="${iso}">${iso.slice(0, 16).replace("T", " ")} UTC</time>`;
  }
  if ("link" in span) return html`<a href="${span.link}" rel="noreferrer noopener" target="_blank">${span.label}</a>`;
  return html`${typeof span.mention === "object" ? "everybody" : nameOf(span.mention)}`;
}
