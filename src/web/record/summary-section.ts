import type { RecordFacts } from "../../app/record-facts.ts";
import { formatDuration, formatLateness } from "../../domain/duration.ts";
import { scoreText } from "../../domain/narrate-drill.ts";
import { isHeld, type RequestState } from "../../domain/request.ts";
import { counted } from "../../domain/text.ts";
import { html, type Html } from "../html.ts";
import { plain } from "./moments.ts";
import { fact, when, who } from "./words.ts";

type NameOf = (person: string) => string;

/** What it is a record of, and what came of it, at a glance. */
export function heading(facts: RecordFacts, nameOf: NameOf): Html {
  const { state, steps } = facts;
  const { id, requester, role, target, verdict, justification, emergency } = state;
  const [first, last] = [steps[0]?.entry, steps.at(-1)?.entry];
  const used = stoodText(facts);
  const kind = state.drill === undefined ? "Record of emergency access" : "DRILL · Record of a rehearsal";
  return html`<p class="kind">${kind}</p>
    <h1>${id}</h1>
    <p class="lead">
      ${nameOf(requester)} asked for <strong>${role}</strong> on <strong>${verdict.title}</strong>:
      <q>${justification}</q>
    </p>
    <dl class="facts">
      ${fact("Outcome", html`<strong>${outcome(state)}</strong>${emergency ? html`, <strong class="flag">without approval</strong>` : undefined}`)}
      ${fact("Target", html`${verdict.title} <span class="soft">(${target}, ${verdict.provider})</span>`)}
      ${fact("Asked", when(state.openedAt))} ${fact("Decided", html`${decision(state, nameOf)}`)}
      ${fact("Access stood", used)} ${fact("Its end", endText(facts, nameOf))} ${fact("Unusual", unusualText(facts))}
      ${fact("Drill", drillText(state))} ${fact("Review", reviewText(state, nameOf))}
      ${fact("Ledger", html`${steps.length} entries, <span class="number">${first?.seq ?? 0}</span> to <span class="number">${last?.seq ?? 0}</span>, the last of them at ${when(Date.parse(last?.at ?? ""))}`)}
    </dl>`;
}

/** What was asked for, by whom, and why, as it was typed. */
export function askedSection({ state, steps }: RecordFacts, nameOf: NameOf): Html {
  const { opener, durationMs, role, verdict, target, after, requester } = state;
  const opened = steps[0]?.event;
  const asked = opened?.type === "RequestOpened" ? opened.data.durationMs : durationMs;
  return html`<section aria-labelledby="asked">
    <h2 id="asked">What was asked for, and why</h2>
    <blockquote>${state.justification}</blockquote>
    <dl class="facts">
      ${fact("Who", html`${who({ ...opener, person: requester }, nameOf)}`)} ${fact("Role", html`${role} on ${target}`)}
      ${fact("It gives", html`<code>${JSON.stringify(verdict.grant)}</code>`)}
      ${fact("For", `${formatDuration(asked)}${asked === durationMs ? "" : `; access was for ${formatDuration(durationMs)}`}`)}
      ${fact("Follows", after)} ${fact("Runbook", verdict.runbook)}
      ${fact("Policy in force", html`<code>${verdict.policy}</code> <span class="soft">(the first 12 digits of its SHA-256)</span>`)}
    </dl>
  </section>`;
}

function outcome(state: RequestState): string {
  const { phase, grant, secret } = state;
  switch (phase) {
    case "ended":
      if (secret === "burnt") return "Access was given, and its password is burnt";
      if (grant?.outcome === "given") return "Access was given, and is gone";
      // Held up until its end, or given up by a worker that died: nobody had access that they knew of.
      return grant?.outcome === "open"
        ? "It is not known that access was given; nothing is left"
        : "No access was given; nothing was left behind";
    case "denied":
      return "Denied";
    case "withdrawn":
      return "Withdrawn";
    case "lapsed":
      return "Lapsed: nobody decided in time";
    case "ending":
      return "Access is being taken away: its end is not checked yet";
    case "active":
      return "Access is on";
    case "approved":
    case "granting":
      return isHeld(state) ? "Approved; access can't be given yet" : "Approved; access is being given";
    case "unconfirmed":
    case "waiting":
      return "Not decided";
  }
}

function decision(state: RequestState, nameOf: NameOf): string {
  const { emergency, approvals, denied, requester, verdict, approvedAt, waitsFrom } = state;
  if (denied !== undefined) return `denied by ${nameOf(denied.by.person ?? "")}`;
  if (approvedAt === undefined) return "not decided";
  const after = `${formatDuration(approvedAt - waitsFrom)} after it could be`;
  if (emergency) return `by nobody: policy let ${nameOf(requester)} go ahead alone, ${after}`;
  if (approvals.length === 0) return "by policy, at once";
  const names = approvals.map(({ by }) => nameOf(by.person ?? "")).join(", ");
  return `approved by ${names} (${approvals.length} of ${verdict.quorum}), ${after}`;
}

function stoodText({ state, steps }: RecordFacts): Html | undefined {
  const on = steps.find(({ event }) => event?.type === "GrantSucceeded")?.event?.at;
  if (on === undefined) return undefined;
  const { endedAt, durationMs, opened, openedBy, revealable } = state;
  const until =
    endedAt === undefined
      ? html`, and stands still`
      : html` to ${when(endedAt)}: ${formatDuration(endedAt - on)} of the ${formatDuration(durationMs)} allowed`;
  const used = opened !== undefined || openedBy.length > 0;
  const credential = revealable ? (used ? "; its credential was opened" : "; its credential was never opened") : "";
  return html`${when(on)}${until}${credential}`;
}

function endText({ state, steps }: RecordFacts, nameOf: NameOf): Html | undefined {
  const { ending, lateMs, endedAt, grant } = state;
  if (ending === undefined || grant?.outcome === "failed") return undefined;
  const { person, via } = ending.by;
  // A rule of what is unusual may end access too: that is the program, by no person's word.
  const by = person !== undefined ? nameOf(person) : via === "cli" ? "somebody on the server" : "the program";
  const causes = {
    deadline: "at its deadline",
    ended: `ended by ${by}`,
    ordered: `revoked by ${by}`,
    failed: "the grant failed",
    late: "the target gave it after the request was over",
  };
  const gone = steps.findLast(({ event }) => event?.type === "RevokeSucceeded")?.event;
  const done = gone?.type === "RevokeSucceeded" ? gone.data.done.join(", ") : "";
  const failures = ending.failures === 0 ? "" : `, after ${counted(ending.failures, "try", "tries")} that failed`;
  if (endedAt === undefined || lateMs === undefined)
    return html`${causes[ending.cause]}; <strong class="flag">not gone yet</strong>`;
  return html`${causes[ending.cause]}; gone, and checked at the target ${formatLateness(lateMs)}
  later${failures}${done === "" ? "" : ` (${done})`}`;
}

/** What it was a rehearsal of, and how that went. */
function drillText(state: RequestState): string | undefined {
  const { drill, opener } = state;
  if (drill === undefined) return undefined;
  const by = opener.person === undefined ? "when its time had come" : "by hand";
  const how = drill.score === undefined ? "It is under way." : plain(scoreText(drill.score, state), (person) => person);
  return `A rehearsal, begun ${by}: nobody was handed the access. ${how}`;
}

/** What the rules for anomalies found; each stands among the entries, and the grave ones on the picture. */
function unusualText({ steps }: RecordFacts): Html | undefined {
  const found = steps.filter(({ entry }) => entry.type === "AnomalyRaised");
  if (found.length === 0) return undefined;
  const links = found.map(
    ({ entry: { seq } }, index) => html`${index === 0 ? "" : ", "}<a href="#entry-${seq}">${seq}</a>`,
  );
  return html`<strong class="flag">${counted(found.length, "anomaly", "anomalies")}</strong>: entry ${links}`;
}

function reviewText({ review }: RequestState, nameOf: NameOf): Html | undefined {
  if (review === undefined) return undefined;
  if (review.submitted === undefined)
    return html`waits for ${review.reviewer === undefined ? "somebody who may" : nameOf(review.reviewer)}, due
    ${when(review.dueAt)}`;
  const { use, needed, by } = review.submitted;
  return html`by ${nameOf(by)}: ${use}; needed: ${needed}`;
}
