import { formatDuration } from "../domain/duration.ts";
import { wasOpened, type RequestState } from "../domain/request.ts";
import { KINDS } from "../domain/sql/classify.ts";
import { standingTime } from "../domain/standing-time.ts";
import { counted, list, type Span, type Text } from "../domain/text.ts";
import type { Said } from "../domain/review.ts";
import { FOLLOW_UPS_MAX, type Answers } from "../domain/review.ts";
import { whatText } from "./request-facts.ts";

/** A question of a post-incident review, with the answers there are to it. */
export interface Question {
  readonly field: keyof Answers;
  readonly label: string;
  readonly choices: readonly { readonly value: string; readonly label: string }[];
}

const choice = (value: string, label: string) => ({ value, label });

/** What a reviewer is asked of a request. The answers stand beside what was asked for and what was used. */
export function questionsOf(state: RequestState): Question[] {
  const asked = formatDuration(state.durationMs);
  return [
    {
      field: "use",
      label: "What was it?",
      choices: [
        choice("emergency", "An emergency"),
        choice("routine", "Routine work that needed this way in"),
        choice("drill", "A drill"),
        choice("misuse", "Misuse"),
      ],
    },
    {
      field: "needed",
      label: "Was it needed?",
      choices: [choice("yes", "Yes"), choice("partly", "In part"), choice("no", "No")],
    },
    {
      field: "duration",
      label: `Was the time right? ${asked} were allowed, ${usedText(state)}`.slice(0, 140),
      choices: [choice("right", "Right"), choice("too-long", "Too long"), choice("too-short", "Too short")],
    },
    {
      field: "scope",
      label: `Was the scope right? It was ${state.role} on ${state.target}`.slice(0, 140),
      choices: [choice("right", "Right"), choice("too-wide", "Too wide"), choice("too-narrow", "Too narrow")],
    },
  ];
}

/** What is known of how it went, for whoever judges it. */
export function reviewFacts(state: RequestState): Text[] {
  const { requester, justification, waitsFrom, grant, approvals, emergency, revealable } = state;
  const how = emergency
    ? "without approval, on the emergency path"
    : approvals.length === 0
      ? "approved by policy"
      : "approved by ";
  const names = emergency
    ? []
    : approvals.flatMap(({ by }, nth) => [nth === 0 ? "" : ", ", { person: by.person ?? "" }]);
  const ran = recordedFacts(state);
  const opened = !revealable
    ? ""
    : wasOpened(state)
      ? " The credential was opened."
      : " The credential was never opened.";
  return [
    [{ person: requester }, ` had ${whatText(state)}: "`, { said: justification }, `"`],
    [
      `${how.charAt(0).toUpperCase()}${how.slice(1)}`,
      ...names,
      `, and on ${formatDuration(Math.max(0, (grant?.startedAt ?? waitsFrom) - waitsFrom))} after it was asked for; ${usedText(state)}.${opened}`,
    ],
    ...(ran === undefined ? [] : [[ran]]),
    ...anomalyFacts(state),
  ];
}

/** What was run, where that is known; `nothing` only where it would be known. */
function recordedFacts(state: RequestState): string | undefined {
  const { observed, verdict } = state;
  if (observed === undefined) return verdict.recorded === true ? "Nothing was run: it was never used." : undefined;
  const { idleMs } = standingTime(state);
  const kinds = KINDS.flatMap((kind) => {
    const { count, rows } = observed.kinds[kind] ?? { count: 0, rows: 0 };
    return count === 0 ? [] : [`${count} ${kind}${rows > 0 && kind !== "SELECT" ? ` (${counted(rows, "row")})` : ""}`];
  });
  const what = kinds.length === 0 ? "" : `: ${kinds.join(", ")}`;
  const failed = observed.errors === 0 ? "" : ` ${observed.errors} failed.`;
  const named = observed.tables.slice(0, TABLES_NAMED);
  const others = observed.tables.length > named.length ? ["others"] : [];
  const tables = named.length === 0 ? "" : ` Tables: ${list([...named, ...others], "and")}.`;
  const bestEffort = observed.by.includes("gateway") ? "" : " That is as far as the server's log or samples tell.";
  return `${counted(observed.statements, "statement")} ran${what}.${failed}${tables} Nothing ran for ${formatDuration(idleMs)} of it.${bestEffort}`;
}

function anomalyFacts({ anomalies }: RequestState): Text[] {
  if (anomalies.length === 0) return [];
  const told = anomalies.slice(0, ANOMALIES_NAMED);
  const more = anomalies.length > told.length ? ` and ${anomalies.length - told.length} more` : "";
  const named = told.flatMap(({ title, level }, index): Span[] => [
    index === 0 ? " " : "; ",
    { said: title },
    ` (${level})`,
  ]);
  return [["Unusual:", ...named, `${more}.`]];
}

function usedText({ grant, endedAt = 0, ending }: RequestState): string {
  const early = ending?.cause === "ended" || ending?.cause === "ordered" ? " and ended early" : "";
  return `access stood for ${formatDuration(Math.max(0, endedAt - (grant?.startedAt ?? endedAt)))}${early}`;
}

const TABLES_NAMED = 8;
const ANOMALIES_NAMED = 5;

/** So many people at most are offered as owners of a follow-up. */
const OWNERS_MAX = 80;

/**
 * Who can be named as the owner of a follow-up.
 *
 * @param all - everybody whom the policy knows; where they are too many, those who had to do with the request
 */
export function ownersOf(all: readonly string[], { requester, review, approvals }: RequestState): string[] {
  if (all.length <= OWNERS_MAX) return [...all];
  const concerned = [requester, review?.reviewer, ...approvals.map(({ by }) => by.person)];
  return [...new Set(concerned.filter((person) => person !== undefined))].slice(0, OWNERS_MAX);
}

/** A hint under the last question. */
export const PREVENTION_LABEL = "What would make it unnecessary?";

/** The numbers of the follow-ups that a form has room for. */
export const FOLLOW_UP_NUMBERS = Array.from({ length: FOLLOW_UPS_MAX }, (_, index) => index + 1);

/** The fields of one follow-up, by their names in both forms. */
export function followUpFields(nth: number): { what: string; owner: string; due: string } {
  return { what: `what-${nth}`, owner: `owner-${nth}`, due: `due-${nth}` };
}

/**
 * What a reviewer filled in. A follow-up of which anything is filled in counts as one.
 *
 * @param read - gives what stands in a field, "" for nothing
 */
export function saidIn(read: (field: string) => string): Said {
  const followUps = FOLLOW_UP_NUMBERS.map((nth) => {
    const { what, owner, due } = followUpFields(nth);
    return { what: read(what), owner: read(owner), due: read(due) };
  });
  return {
    ...{ use: read("use"), needed: read("needed"), duration: read("duration"), scope: read("scope") },
    prevention: read("prevention"),
    followUps: followUps.filter(({ what, owner, due }) => what + owner + due !== ""),
  };
}
