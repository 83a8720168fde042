import type { RecordFacts } from "../../app/record-facts.ts";
import type { Activity } from "../../domain/activity.ts";
import { counted, cut } from "../../domain/text.ts";
import { html, type Html } from "../html.ts";
import { second } from "./words.ts";

/** So much of one statement is shown: a longer one stands in the recording. */
const SQL_SHOWN = 2_000;
const PARAMETER_SHOWN = 120;
const PARAMETERS_SHOWN = 20;

const SOURCES = {
  gateway: "All of it went through the session gateway: nothing was run under this access that is not here.",
  log: "It was read from the target's own log, as far as that goes.",
  sample: "The target's activity was looked at from time to time: what was over in between is not here.",
} as const;

/** What was run under the access. Without statements it says so: their digests stand among the entries. */
export function statementsSection({ statements, state, steps }: RecordFacts): Html {
  if (state.grant === undefined) return html``;
  const digests = steps.filter(({ entry }) => entry.type === "CommandsObserved").length;
  return html`<section aria-labelledby="run">
    <h2 id="run">What was run</h2>
    ${statements === undefined ? nothing(digests) : table(statements.shown, statements.left)}
  </section>`;
}

function nothing(digests: number): Html {
  if (digests > 0)
    return html`<p>
      What was run was told in ${counted(digests, "digest")}, among the entries below. The statements themselves are not
      in this file.
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
      <pre class="sql">${text}</pre>
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
  return `${shown.join(", ")}${left === 0 ? "" : ` and ${left} more`}`;
}

function became({ ended }: Activity): Html {
  if (ended === undefined) return html`<strong class="flag">not known</strong>`;
  const { error, command, rows, ms } = ended;
  if (error !== undefined)
    return html`<strong class="flag">refused (${error.code}):</strong> ${error.message}, ${ms} ms`;
  const count = rows === undefined ? "" : `, ${counted(rows, "row")}`;
  return html`${command ?? "done"}${count}, ${ms} ms`;
}
