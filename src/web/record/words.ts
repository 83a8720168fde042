import type { Actor } from "../../domain/people.ts";
import { html, type Html } from "../html.ts";

/** `2026-11-23T03:12:09Z` */
export function second(at: number): string {
  return `${new Date(at).toISOString().slice(0, 19)}Z`;
}

/** `2026-11-23 03:12:09` */
export function seconds(at: number): string {
  return second(at).slice(0, 19).replace("T", " ");
}

/** A moment, to the second, for people and for programs. */
export function when(at: number): Html {
  return html`<time datetime="${second(at)}">${seconds(at)} UTC</time>`;
}

/** Who did something, and by which account: `Carol Diaz (carol, slack U0CAROL)`. */
export function who({ person, via, account }: Actor, nameOf: (person: string) => string): Html {
  if (via === "clock") return html`the program, by the clock`;
  if (via === "cli") return html`${account ?? "somebody"}, on the server`;
  const known = [person, `${via} ${account ?? ""}`.trim()].filter((each) => each !== undefined).join(", ");
  return html`${person === undefined ? "somebody" : nameOf(person)} <span class="soft">(${known})</span>`;
}

/** Characters that hide, or turn the direction of what stands around them: in a statement they may be there to deceive. */
const HIDDEN =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/gu;

/** What was run, letter for letter, with what can't be seen written out: `\u202e`. */
export function visible(text: string): string {
  return text
    .toWellFormed()
    .replace(HIDDEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** A row of facts: nothing where there is nothing to say. */
export function fact(label: string, value: Html | string | undefined): Html | string {
  return value === undefined
    ? ""
    : html`<div>
        <dt>${label}</dt>
        <dd>${value}</dd>
      </div>`;
}
