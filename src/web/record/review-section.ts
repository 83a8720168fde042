import type { RecordFacts } from "../../app/record-facts.ts";
import { formatDuration } from "../../domain/duration.ts";
import type { Review } from "../../domain/review.ts";
import { html, type Html } from "../html.ts";
import { fact, when } from "./words.ts";

type NameOf = (person: string) => string;

/** How it was judged afterwards, and what is to be done. */
export function reviewSection({ state }: RecordFacts, nameOf: NameOf): Html {
  const { review, verdict } = state;
  if (review === undefined) {
    const why =
      verdict.review === undefined ? "Policy asked for none." : "None is open: access was not given, or is not over.";
    return html`<section aria-labelledby="review">
      <h2 id="review">Review</h2>
      <p>${why}</p>
    </section>`;
  }
  return html`<section aria-labelledby="review">
    <h2 id="review">Review</h2>
    <dl class="facts">
      ${fact("Opened", when(review.openedAt))} ${fact("Due", when(review.dueAt))}
      ${fact("Asked of", review.reviewer === undefined ? "nobody was there who may" : nameOf(review.reviewer))}
      ${fact("Overdue told", review.overdues === 0 ? undefined : `${review.overdues} times`)}
    </dl>
    ${answers(review, nameOf)} ${followUps(review, nameOf)}
  </section>`;
}

function answers({ submitted, openedAt }: Review, nameOf: NameOf): Html {
  if (submitted === undefined)
    return html`<p class="flag"><strong>Not reviewed</strong> when the last of these entries was recorded.</p>`;
  const { at, by, use, needed, duration, scope, prevention } = submitted;
  const row = (question: string, answer: string) =>
    html`<tr>
      <th scope="row">${question}</th>
      <td>${answer.replace("-", " ")}</td>
    </tr>`;
  return html`<table class="short">
    <caption>
      Reviewed by ${nameOf(by)}, ${when(at)}, ${formatDuration(at - openedAt)} after the end
    </caption>
    <tbody>
      ${row("What was it?", use)}${row("Was it needed?", needed)}${row("Was the time right?", duration)}${row("Was the scope right?", scope)}
      <tr>
        <th scope="row">What would make it unnecessary?</th>
        <td>${prevention === "" ? html`<span class="soft">nothing was said</span>` : html`<q>${prevention}</q>`}</td>
      </tr>
    </tbody>
  </table>`;
}

function followUps({ followUps: all }: Review, nameOf: NameOf): Html {
  if (all.length === 0) return html``;
  return html`<table class="short">
    <caption>
      Follow-ups
    </caption>
    <thead>
      <tr>
        <th scope="col">#</th>
        <th scope="col">What</th>
        <th scope="col">Owner</th>
        <th scope="col">Due</th>
        <th scope="col">Done</th>
      </tr>
    </thead>
    <tbody>
      ${all.map(
        ({ nth, what, owner, due, doneAt }) =>
          html`<tr>
            <td class="number">${nth}</td>
            <td>${what}</td>
            <td>${nameOf(owner)}</td>
            <td>${due}</td>
            <td>${doneAt === undefined ? "not yet" : when(doneAt)}</td>
          </tr>`,
      )}
    </tbody>
  </table>`;
}
