import type { RecordFacts, Step } from "../../app/record-facts.ts";
import type { DomainEvent } from "../../domain/events.ts";
import { narrate } from "../../domain/narrate.ts";
import type { RequestState } from "../../domain/request.ts";
import { cut, type Span, type Text } from "../../domain/text.ts";
import { seconds } from "./words.ts";

/** Something that a reader looks for in the picture of a request. */
export interface Moment {
  /** Epoch milliseconds. */
  readonly at: number;
  /** The number of its entry. */
  readonly seq: number;
  readonly what: string;
  /** Something went wrong, or was done alone. */
  readonly isAlarm: boolean;
}

/** More than these in one picture can't be told apart. */
const MOMENTS_MAX = 16;
const WHAT_MAX = 90;
/** What every request is looked at for; the others are shown where there is room. */
const TURNS: ReadonlySet<string> = new Set([
  "RequestOpened",
  "ApprovalGiven",
  "RequestDenied",
  "RequestWithdrawn",
  "RequestLapsed",
  "EmergencyInvoked",
  "GrantSucceeded",
  "GrantFailed",
  "RevokeStarted",
  "RevokeSucceeded",
  "ReviewSubmitted",
]);

/** The moments of a request in order: its turns, and what went wrong. */
export function momentsOf({ steps }: Pick<RecordFacts, "steps">, nameOf: (person: string) => string): Moment[] {
  // What follows from the review is not on the picture: it may be weeks later.
  const reviewed = steps.findIndex(({ entry }) => entry.type === "ReviewSubmitted");
  const found = steps.slice(0, reviewed < 0 ? steps.length : reviewed + 1).flatMap((step) => {
    const moment = momentOf(step, nameOf);
    return moment === undefined ? [] : [{ moment, isTurn: TURNS.has(step.entry.type) }];
  });
  const room = Math.max(0, MOMENTS_MAX - found.filter(({ isTurn }) => isTurn).length);
  let others = 0;
  return found
    .filter(({ isTurn }) => isTurn || ++others <= room)
    .map(({ moment }) => moment)
    .slice(0, MOMENTS_MAX);
}

function momentOf({ event, after }: Step, nameOf: (person: string) => string): Moment | undefined {
  if (event === undefined || after === undefined) return undefined;
  const { at, seq } = event;
  const what = turnOf(event, after, nameOf);
  if (what !== undefined) return { at, seq, what: cut(what, WHAT_MAX), isAlarm: isAlarm(event) };
  const sentence = narrate(event, after);
  if (sentence?.[0] === undefined || !startsWithAlarm(sentence[0])) return undefined;
  return { at, seq, what: firstOf(plain(sentence, nameOf).replace("🔴 ", "")), isAlarm: true };
}

function turnOf(event: DomainEvent, state: RequestState, nameOf: (person: string) => string): string | undefined {
  const who = event.actor.person === undefined ? "the program" : nameOf(event.actor.person);
  switch (event.type) {
    case "RequestOpened":
      return `${nameOf(state.requester)} asked`;
    case "StepUpPassed":
      return event.data.action === "ask" ? `${who} confirmed with a key` : undefined;
    case "ApprovalGiven":
      return `${who} approved${event.data.proven === true ? ", with a key" : ""}`;
    case "RequestDenied":
      return `${who} denied`;
    case "RequestWithdrawn":
      return `${who} withdrew`;
    case "RequestLapsed":
      return "lapsed: nobody decided";
    case "EmergencyInvoked":
      return `${who} went ahead alone`;
    case "GrantSucceeded":
      return "access is on";
    case "GrantFailed":
      return "the access was not given";
    case "CredentialRevealed":
      return state.opened === undefined || state.opened.times === 1 ? "the credential was opened" : undefined;
    case "RevokeStarted":
      return endText(event.data.cause, who);
    case "RevokeFailed":
      return event.data.attempt === 1 ? "it could not be ended at first" : undefined;
    case "RevokeSucceeded":
      return state.grant?.outcome === "failed" ? "nothing is left, and checked" : "gone, and checked";
    case "ReviewSubmitted":
      return `${who} reviewed it`;
    default:
      return undefined;
  }
}

function endText(cause: string, who: string): string {
  if (cause === "ended") return `${who} ended it`;
  if (cause === "ordered") return `${who} revoked it`;
  return cause === "deadline" ? "the deadline" : "it is taken back";
}

/** The first sentence of several; the others stand with its entry. */
function firstOf(sentences: string): string {
  const [first = ""] = /^.*?(?=[.!?](?:\s|$)|$)/su.exec(sentences) ?? [];
  return first.length > WHAT_MAX ? `${cut(first, WHAT_MAX)}…` : first;
}

function isAlarm({ type }: DomainEvent): boolean {
  return type === "EmergencyInvoked" || type === "GrantFailed" || type === "RevokeFailed";
}

function startsWithAlarm(span: Span): boolean {
  return typeof span === "string" && span.startsWith("🔴");
}

/** A sentence without any markup. */
export function plain(text: Text, nameOf: (person: string) => string): string {
  return text
    .map((span) => {
      if (typeof span === "string") return span;
      if ("said" in span) return span.said;
      if ("person" in span) return nameOf(span.person);
      if ("code" in span) return span.code;
      if ("strong" in span) return span.strong;
      if ("time" in span) return `${seconds(span.time).slice(span.day === true ? 0 : 11)} UTC`;
      if ("link" in span) return span.label;
      return typeof span.mention === "object" ? "" : nameOf(span.mention);
    })
    .join("");
}
