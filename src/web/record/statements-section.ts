import type { RecordFacts, RecordingCheck } from "../../app/record-facts.ts";
import type { Activity } from "../../domain/activity.ts";
import { narrate } from "../../domain/narrate.ts";
import { counted, cut } from "../../domain/text.ts";
import { html, type Html } from "../html.ts";
import { plain } from "./moments.ts";
import { second, visible, when } from "./words.ts";

/** So much of one statement is shown: a longer one stands in the recording. */
const SQL_SHOWN = 2_000;
const PARAMETER_SHOWN = 120;
const PARAMETERS_SHOWN = 20;

const SOURCES = {
  gateway: "It went through the session gateway, which passes nothing on that it hasn't written down.",
  log: "It was read from the target's own log, as far as that goes.",
  sample: "The target's activity was looked at from time to time: what was over in between is not here.",
} as const;

/**
 * What was run under the access: as the ledger tells it, and statement by statement where the recordings are at hand. They are not
 * where the record is made for chat: who reads there need not read what was typed into a database.
 */
export function statementsSection(facts: RecordFacts, nameOf: (person: string) => string): Html {
  const { statements, state, recordings } = facts;
  if (state.grant === undefined) return html``;
  const told = digests(facts, nameOf);
  return html`<section aria-labelledby="run">
    <h2 id="run">What was run</h2>
    ${
      told.length === 0
        ? undefined
        : html`<h3>As the ledger has it</h3>
            ${told}`
    }
    ${recordings.map(checkText)}
    ${statements === undefined ? withoutStatements(told.length) : table(statements.shown, statements.left)}
  </section>`;
}

/** Each digest with its first line as a sentence, and what it shows in full below. */
function digests({ steps }: RecordFacts, nameOf: (person: string) => string): Html[] {
  return steps.flatMap(({ event, after, entry }) => {
    if (event?.type !== "CommandsObserved" || after === undefined) return [];
    const [said = "", ...shown] = plain(narrate(event, after) ?? [], nameOf).split("\n");
    const { file, size, sha256 } = event.data.recording;
    return [
      html`<p>${when(event.at)} ${said} <a class="soft" href="#entry-${entry.seq}">entry ${entry.seq}</a></p>
        ${shown.map((line) => html`<pre class="sql">${visible(line)}</pre>`)}
        <p class="small soft">Recorded in ${file}, ${size} bytes up to there, SHA-256 <code>${sha256}</code></p>`,
    ];
  });
}

function checkText({ name, held, problem }: RecordingCheck): Html {
  if (problem !== undefined) return html`<p class="flag"><strong>✗ Not as the ledger has it:</strong> ${problem}</p>`;
  const words = `${counted(held, "time")} that the ledger names it`;
  return html`<p>
    <strong class="good">✓ Verified again:</strong> ${name} is what the ledger says, at each of the ${words}.
  </p>`;
}

function withoutStatements(told: number): Html {
  if (told > 0)
    return html`<p>
      The statements one by one are not in this file. They are in the recording, on the machine that wrote it:
      <code>breakglass record</code> puts them in where it is run there.
    </p>`;
  return html`<p>
    No statement was recorded under this access. That is no proof that none was run: it says what this installation saw.
  </p>`;
}

function table(shown: readonly Activity[], left: number): Html {
  if (shown.length === 0) return html`<p>Nothing was run, by what was recorded.</p>`;
  const sources = [...new Set(shown.map(({ by }) => by))];
  return html`${sources.map((by) => html`<p>${SOURCES[by]}</p>`)}
    <table class="statements">
      <caption>
        ${counted(shown.length + left, "statement")}${left === 0 ? "" : `, of which the first ${shown.length} are shown`}
      </caption>
      <thead>
        <tr>
          <th scope="col">#</th>
          <th scope="col">When</th>
          <th scope="col">Statement</th>
          <th scope="col">What became of it</th>
        </tr>
      </thead>
      <tbody>
        ${shown.map(row)}
      </tbody>
    </table>`;
}

function row(statement: Activity, index: number): Html {
  const { at, sql, cutFrom, parameters = [], session, from } = statement;
  const text = cut(sql, SQL_SHOWN);
  const rest = cutFrom ?? (text.length < sql.length ? Buffer.byteLength(sql) : undefined);
  return html`<tr>
    <td class="number">${index + 1}</td>
    <td>
      <time datetime="${second(at)}">${new Date(at).toISOString().slice(11, 23)}</time><br /><span class="soft"
        >session ${session}, from ${from}</span
      >
    </td>
    <td>
      <pre class="sql">${visible(text)}</pre>
      ${rest === undefined ? undefined : html`<span class="soft">… ${rest} bytes in all</span>`}${
        parameters.length === 0 ? undefined : html`<span class="soft">with ${parameterText(parameters)}</span>`
      }
    </td>
    <td>${became(statement)}</td>
  </tr>`;
}

function parameterText(parameters: readonly (string | null)[]): string {
  const shown = parameters.slice(0, PARAMETERS_SHOWN).map((value, index) => {
    const text =
      value === null ? "NULL" : `"${cut(value, PARAMETER_SHOWN)}${value.length > PARAMETER_SHOWN ? "…" : ""}"`;
    return `$${index + 1} = ${text}`;
  });
  const left = parameters.length - shown.length;
  return visible(`${shown.join(", ")}${left === 0 ? "" : ` and ${left} more`}`);
}

function became({ ended }: Activity): Html {
  if (ended === undefined) return html`<strong class="flag">not known</strong>`;
  const { error, command, rows, ms } = ended;
  if (error !== undefined)
    return html`<strong class="flag">refused (${error.code}):</strong> ${error.message}, ${ms} ms`;
  const count = rows === undefined ? "" : `, ${counted(rows, "row")}`;
  return html`${command ?? "done"}${count}, ${ms} ms`;
}
