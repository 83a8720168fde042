import type { BehindCredential } from "../app/reveals.ts";
import { MARKS, type Fact } from "../cards/card.ts";
import { untilTime } from "../cards/request-facts.ts";
import { isStatic } from "../domain/decide-credential.ts";
import { html, type Html } from "./html.ts";
import { layout } from "./layout.ts";
import type { Drawn } from "./page-guard.ts";
import { factList, OVER, overPage, type Drawing } from "./step-up-pages.ts";

const SHUT = {
  ended: ["Access is over", "There is nothing to open any more. If you need it again, ask again:"],
  shown: ["This was shown already", "A credential is shown once. Rotate, in your direct message, makes a fresh one."],
  "shown-static": [
    "This was shown already",
    "A credential is shown once. This one is the same for everybody: lost it? End the access, and ask whoever runs this service to rotate it.",
  ],
  rotating: ["A fresh one is being made", "Wait a few seconds, and load this page again."],
} as const;

/** Draws what a link to a credential leads to. The page holds no secret: its script asks for it. */
export function drawCredentialPage(behind: BehindCredential, drawing: Drawing): Drawn {
  switch (behind.kind) {
    case "over":
      return { status: behind.why === "unknown" ? 404 : 410, page: overPage(OVER[behind.why]) };
    case "shut":
      return { status: behind.why === "rotating" ? 200 : 410, page: overPage(SHUT[shut(behind)]) };
    case "credential":
      return { status: 200, page: page(behind, drawing) };
  }
}

function shut({ why, request }: Extract<BehindCredential, { kind: "shut" }>): keyof typeof SHUT {
  return why === "shown" && isStatic(request) ? "shown-static" : why;
}

type Credential = Extract<BehindCredential, { kind: "credential" }>;

function page({ request, person, until, takesKey }: Credential, { nameOf, extraScripts }: Drawing): string {
  const { id, role, target, verdict, justification, emergency } = request;
  const facts: Fact[] = [
    { label: "What", text: [{ strong: role }] },
    { label: "Where", text: [`${verdict.title} (${target})`] },
    { label: "Until", text: [untilTime(request)] },
    { label: "Why", text: [{ said: justification }], wide: true },
  ];
  const name = nameOf(person);
  return layout({
    title: "Open your credential",
    scripts: takesKey ? ["webauthn.js", ...extraScripts] : [],
    module: "credential-page.js",
    main: html`<section class="card" aria-labelledby="title">
        <h1 id="title"><span id="mark">${emergency ? MARKS.alarm : MARKS.active}</span> ${id}: your way in</h1>
        ${factList({ facts }, nameOf)}
      </section>
      ${openForm({ name, until, takesKey })} ${secretCard(isStatic(request))}
      <p id="said" role="status" aria-live="polite"></p>`,
  });
}

function openForm({ name, until, takesKey }: { name: string; until: number; takesKey: boolean }): Html {
  const hint = takesKey
    ? undefined
    : html`<p class="hint">
        A security key would be better: without one, whoever has your chat account can press this button too.
        <code>/breakglass key add</code> asks for one.
      </p>`;
  return html`<form
    id="credential-form"
    class="card"
    data-key="${takesKey ? "yes" : "no"}"
    data-until="${until}"
    aria-label="Open it"
  >
    <p>
      This is for <strong>${name}</strong> alone${takesKey ? ", and opens with a key of theirs only" : ""}. It is shown
      once, and the thread says that it was opened.
    </p>
    <div id="buttons">
      <button id="go" type="submit" disabled>${takesKey ? "Open it with my key" : "Open it"}</button>
    </div>
    ${hint}
    <noscript
      ><p class="warning">This page needs JavaScript: it shows the secret without writing it anywhere.</p></noscript
    >
  </form>`;
}

const SAME =
  " It is the same for whoever has this account, and once your time is over nobody has it again before it was rotated.";
const ROTATE = html`<button id="rotate" type="button" class="second">Rotate: a fresh password</button>`;

function secretCard(isSame: boolean): Html {
  return html`<section id="secret" class="card" aria-labelledby="secret-title" hidden>
    <h2 id="secret-title" tabindex="-1">Your way in</h2>
    <p class="lead">Shown once: it is gone from here when you close or reload this page.${isSame ? SAME : ""}</p>
    <label for="user">User</label>
    <div class="copied">
      <input id="user" readonly autocomplete="off" spellcheck="false" />
      <button id="copy-user" type="button" class="second" aria-label="Copy the user">Copy</button>
    </div>
    <label for="password">Password</label>
    <div class="copied">
      <input id="password" type="password" readonly autocomplete="off" spellcheck="false" />
      <button id="copy-password" type="button" class="second" aria-label="Copy the password">Copy</button>
      <button id="look" type="button" class="second" aria-label="Show or hide the password">Show</button>
    </div>
    <div id="connect-row">
      <p class="label" id="connect-label">Connect (it asks for the password)</p>
      <div class="copied">
        <code id="connect" aria-labelledby="connect-label"></code>
        <button id="copy-connect" type="button" class="second" aria-label="Copy the command">Copy</button>
      </div>
    </div>
    <p class="countdown">Access ends in <strong id="left" role="timer"></strong></p>
    <div class="deeds">
      ${isSame ? "" : ROTATE}
      <button id="end" type="button" class="second">End now</button>
    </div>
  </section>`;
}
