import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { fileNameOf, type FileContent } from "../../app/messenger.ts";
import type { RecordFacts } from "../../app/record-facts.ts";
import { Html, html } from "../html.ts";
import { decisionSection } from "./decision-section.ts";
import { entriesSection } from "./entries-section.ts";
import { ledgerSection, verifySection } from "./ledger-section.ts";
import { momentsOf } from "./moments.ts";
import { reviewSection } from "./review-section.ts";
import { statementsSection } from "./statements-section.ts";
import { askedSection, heading } from "./summary-section.ts";
import { timeline } from "./timeline.ts";
import { drillMark } from "../../domain/drill.ts";
import { second, seconds } from "./words.ts";

/** The way is right from `src/web/record` and from `dist/web/record`: the file isn't compiled. */
const STYLE = fileURLToPath(new URL("../../../src/web/page/record.css", import.meta.url));

/** A request's record as a file for chat, with what is said beside it. */
export function recordFile(facts: RecordFacts, nameOf: (person: string) => string): FileContent {
  const { id } = facts;
  return {
    name: fileNameOf({ request: id, keys: ["record"] }),
    title: `${drillMark(facts.state)}Record of ${id}`,
    bytes: Buffer.from(recordPage(facts, nameOf), "utf8"),
    text: [
      `${drillMark(facts.state)}The record of ${id}, up to entry ${facts.steps.at(-1)?.entry.seq ?? 0}: to read, print or hand on.`,
    ],
  };
}

/**
 * A request's record: one HTML file that needs nothing else, runs nothing, and loads nothing. The same facts give the same bytes.
 *
 * @param nameOf - how people are called; their key in the policy where nobody knows
 */
export function recordPage(facts: RecordFacts, nameOf: (person: string) => string): string {
  const style = readFileSync(STYLE, "utf8");
  const moments = momentsOf(facts, nameOf);
  const policy = `default-src 'none'; style-src 'sha256-${createHash("sha256").update(style).digest("base64")}'; base-uri 'none'; form-action 'none'`;
  const title = `${drillMark(facts.state)}${facts.id} · Record of ${facts.state.drill === undefined ? "emergency access" : "a rehearsal"}`;
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="referrer" content="no-referrer" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        ${new Html(`<style>${style}</style>`)}
      </head>
      <body>
        <header>${heading(facts, nameOf)}</header>
        <main>
          <section aria-labelledby="time">
            <h2 id="time">What happened, over time</h2>
            <figure>
              <div class="wide" role="region" aria-label="The picture, which may be wider than the screen" tabindex="0">
                ${timeline(facts, moments)}
              </div>
              <figcaption>
                <ol class="moments">
                  ${moments.map(
                    ({ at, what, isAlarm, seq }) =>
                      html`<li${isAlarm ? new Html(' class="alarm"') : undefined}><time datetime="${second(at)}">${seconds(at)}</time> <a href="#entry-${seq}">${what}</a></li>`,
                  )}
                </ol>
              </figcaption>
            </figure>
          </section>
          ${askedSection(facts, nameOf)} ${decisionSection(facts, nameOf)} ${statementsSection(facts, nameOf)}
          ${reviewSection(facts, nameOf)} ${entriesSection(facts, nameOf)} ${ledgerSection(facts)}
          ${verifySection(facts)}
        </main>
        <footer>
          <p>
            Made by Breakglass from the ledger's entries and nothing else. All times are UTC. This file runs nothing and
            loads nothing.
          </p>
        </footer>
      </body>
    </html>`;
  return `${page.text}\n`;
}
