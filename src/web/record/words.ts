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

/** A row of facts: nothing where there is nothing to say. */
export function fact(label: string, value: Html | string | undefined): Html | string {
  return value === undefined
    ? ""
    : html`<div>
        <dt>${label}</dt>
        <dd>${value}</dd>
      </div>`;
}
