import type { Behind } from "../app/confirmations.ts";
import { MARKS } from "../cards/card.ts";
import { keyConfirmation, requestConfirmation, type Confirmation } from "../cards/confirmation.ts";
import { KEY_NAME_MAX } from "../domain/decide-keys.ts";
import { html, textHtml, type Html } from "./html.ts";
import { layout } from "./layout.ts";
import type { Drawn } from "./page-guard.ts";

/** How a page is drawn in this installation. */
export interface Drawing {
  /** How people are called. */
  readonly nameOf: (person: string) => string;
  /** Scripts beside our own, by their file's name below `assets`: only the demo has one. */
  readonly extraScripts: readonly string[];
}

export const OVER = {
  unknown: ["There is nothing behind this link", "It may be mistyped, or long gone."],
  used: ["This link was used already", "What it was for is done. Chat says how it stands."],
  expired: ["This link is too old", "A link works for a few minutes only."],
} as const;

/** Draws what a link leads to. */
export function drawPage(behind: Behind, drawing: Drawing): Drawn {
  switch (behind.kind) {
    case "over":
      return { status: behind.why === "unknown" ? 404 : 410, page: overPage(OVER[behind.why]) };
    case "confirm":
      return { status: 200, page: confirmPage(behind, drawing) };
    case "enrol":
      return { status: 200, page: enrolPage(behind, drawing) };
  }
}

/** A page where nothing can be done. @param said - its title, and why */
export function overPage([title, text]: readonly [string, string]): string {
  return layout({
    title,
    scripts: [],
    main: html`<h1>⚪ ${title}</h1>
      <p>${text} If something still waits for you, click there again: you get a new link.</p>`,
  });
}

function confirmPage({ person, action, about, until }: Extract<Behind, { kind: "confirm" }>, drawing: Drawing): string {
  const { nameOf, extraScripts } = drawing;
  const shown =
    "change" in about
      ? keyConfirmation(about.change)
      : requestConfirmation(about.request, action === "confirm-key" ? "ask" : action);
  const alarm = shown.tone === "alarm" ? " alarm" : "";
  return layout({
    title: shown.title,
    scripts: ["webauthn.js", ...extraScripts],
    module: "key-page.js",
    main: html`<section class="card${alarm}" aria-labelledby="title">
        <h1 id="title">${MARKS[shown.tone]} ${shown.title}</h1>
        <p class="lead">${textHtml(shown.lead, nameOf)}</p>
        ${factList(shown, nameOf)}
        ${shown.warning === undefined ? undefined : html`<p class="warning">${textHtml(shown.warning, nameOf)}</p>`}
      </section>
      ${keyForm({ kind: "confirm", person: nameOf(person), until, button: "Confirm with my key", done: shown.done })}`,
  });
}

export function factList({ facts }: Pick<Confirmation, "facts">, nameOf: Drawing["nameOf"]): Html {
  return html`<dl>
    ${facts.map(
      ({ label, text, wide }) =>
        html`<div class="${wide === true ? "fact wide" : "fact"}">
          <dt>${label}</dt>
          <dd>${textHtml(text, nameOf)}</dd>
        </div>`,
    )}
  </dl>`;
}

function enrolPage(
  { person, until, change }: Extract<Behind, { kind: "enrol" }>,
  { nameOf, extraScripts }: Drawing,
): string {
  const field = html`<label for="name">What do you call this key?</label>
    <input
      id="name"
      name="name"
      maxlength="${KEY_NAME_MAX}"
      autocomplete="off"
      required
      aria-describedby="name-hint"
      value=""
    />
    <p id="name-hint" class="hint">
      So that you can tell it from your others: "YubiKey on my keyring", "this laptop".
    </p>`;
  return layout({
    title: "Enrol a key",
    scripts: ["webauthn.js", ...extraScripts],
    module: "key-page.js",
    main: html`<section class="card" aria-labelledby="title">
        <h1 id="title">🟡 Enrol a security key or passkey</h1>
        <p class="lead">
          From here on, it stands beside your chat account: what policy guards with a key, you confirm with this one.
          ${change.id}.
        </p>
        <p>It has to recognise you by a PIN or a finger. Enrol a second one soon, and keep that one elsewhere.</p>
      </section>
      ${keyForm({ kind: "enrol", person: nameOf(person), until, button: "Enrol this key", done: "Your key is enrolled. The security channel says so too.", field })}`,
  });
}

function keyForm(form: {
  readonly kind: "confirm" | "enrol";
  readonly person: string;
  readonly until: number;
  readonly button: string;
  readonly done: string;
  readonly field?: Html;
}): Html {
  const { kind, person, until, button, done, field } = form;
  return html`<form id="key-form" class="card" data-kind="${kind}" data-until="${until}" data-done="${done}">
    <p>
      This is for <strong>${person}</strong>${kind === "confirm" ? ", and works with a key of theirs only" : " alone"}.
    </p>
    ${field}
    <div id="buttons"><button id="go" type="submit" disabled>${button}</button></div>
    <p id="said" role="status" aria-live="polite"></p>
    <noscript><p class="warning">This page needs JavaScript: the browser talks to your key with it.</p></noscript>
  </form>`;
}
