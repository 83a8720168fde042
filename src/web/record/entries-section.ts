import type { RecordFacts, Step } from "../../app/record-facts.ts";
import { narrate } from "../../domain/narrate.ts";
import { cut } from "../../domain/text.ts";
import { html, type Html } from "../html.ts";
import { plain } from "./moments.ts";
import { second, visible, who } from "./words.ts";

const DATA_SHOWN = 240;

/** Every entry of the request, in order: told in a sentence where there is one for it, and by its data where there is none. */
export function entriesSection(facts: RecordFacts, nameOf: (person: string) => string): Html {
  return html`<section aria-labelledby="entries">
    <h2 id="entries">Every entry</h2>
    <table class="entries">
      <caption>
        All ${facts.steps.length} entries of ${facts.id}, as they were recorded
      </caption>
      <thead>
        <tr>
          <th scope="col">Entry</th>
          <th scope="col">When (UTC)</th>
          <th scope="col">What, and by whom</th>
          <th scope="col">SHA-256</th>
        </tr>
      </thead>
      <tbody>
        ${facts.steps.map((step) => row(step, nameOf))}
      </tbody>
    </table>
  </section>`;
}

function row(step: Step, nameOf: (person: string) => string): Html {
  const { entry, event, after, holds, erased } = step;
  const { seq, at, type, hash } = entry;
  const sentence = event === undefined || after === undefined ? undefined : narrate(event, after);
  const told = sentence === undefined ? undefined : visible(plain(sentence, nameOf));
  const [day, time] = [at.slice(0, 10), at.slice(11, 23)];
  return html`<tr id="entry-${seq}">
    <td class="number">${seq}</td>
    <td>
      <time datetime="${second(Date.parse(at))}">${day}<br />${time}</time>
    </td>
    <td>
      ${told === undefined ? silent(step) : html`<div class="told">${told}</div>`}
      <div class="soft">
        ${type}, by ${who(entry.actor, nameOf)}${erased.length === 0 ? "" : `; erased: ${erased.join(", ")}`}
      </div>
    </td>
    <td>
      <code class="hash">${hash}</code>${holds ? undefined : html`<strong class="flag">✗ is not its hash</strong>`}
    </td>
  </tr>`;
}

/** What no sentence is for, by its data; what is long is cut, because all of it stands under the ledger's lines. */
function silent({ entry, event }: Step): Html {
  if (event?.type === "StepUpPassed")
    return html`A security key signed: ${event.data.action}. The signature <a href="#decided">stands above</a>.`;
  const text = JSON.stringify(entry.data);
  return html`<code>${cut(text, DATA_SHOWN)}${text.length > DATA_SHOWN ? "…" : ""}</code>`;
}
