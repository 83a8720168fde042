import { drillMark } from "../domain/drill.ts";
import { formatDuration } from "../domain/duration.ts";
import type { DomainEvent, EventData } from "../domain/events.ts";
import { scoreText } from "../domain/narrate-drill.ts";
import { anomalyText } from "../domain/narrate-anomaly.ts";
import { narrate, overdueText } from "../domain/narrate.ts";
import { reminded } from "../domain/narrate-review.ts";
import { evolve, type RequestState } from "../domain/request.ts";
import type { Span, Text } from "../domain/text.ts";
import { approvalCard } from "./approval-card.ts";
import type { Card } from "./card.ts";
import { credentialCard, noticeCard } from "./private-cards.ts";
import { rootCard } from "./root-card.ts";
import { whatText } from "./request-facts.ts";

/** Where a post belongs. The thread and the card's replies hang under posts that are told first. */
export type Lane = "incident" | "approvals" | "security" | "private" | "record" | "insights";

/** Something that chat should show. What is recorded decides it; what was told already is not known here. */
export interface Post {
  /** Its name within the request: a retry tells nothing twice. */
  readonly key: string;
  readonly lane: Lane;
  /** The post under which it is a reply, by key. */
  readonly under?: string;
  /** Whether it is brought up to date when what it shows has changed. */
  readonly live: boolean;
  /** The number of the entry that tells of it; absent for what tells of the whole request. */
  readonly since?: number;
  /** It only brings up to date what was told before: where nothing was, it is not told. */
  readonly note?: true;
  readonly content:
    | { readonly card: Card }
    | { readonly text: Text }
    | { readonly file: "record" }
    /** Added up when it is said, from entries: the figures would be too long for one. */
    | { readonly insights: MonthOfInsights; readonly as: "text" | "pictures" };
}

/** The month that insights are told of. */
export type MonthOfInsights = Pick<EventData<"InsightsReported">, "month" | "from" | "to" | "timeZone">;

/**
 * Everything that chat should show of a request, in order, drawn from recorded facts and nothing else.
 *
 * @param id - the request's
 * @param events - all of them
 * @param record - the requester's recent history, in one line, for the approval card
 */
export function posts(id: string, events: readonly DomainEvent[], record: string): Post[] {
  const steps: { readonly event: DomainEvent; readonly after: RequestState }[] = [];
  let state: RequestState | undefined;
  for (const event of events) {
    state = evolve(state, event, id);
    steps.push({ event, after: state });
  }
  if (state === undefined) return [];
  const now = state;
  const given = events.findLast(({ type }) => type === "GrantSucceeded")?.seq ?? 0;
  const root: Post = { key: "root", lane: "incident", live: true, content: { card: rootCard(state) } };
  const card: Post = { key: "card", lane: "approvals", live: true, content: { card: approvalCard(state, record) } };
  // Nobody is called before the requester has confirmed it, nor where policy decides.
  const byItself = state.verdict.automatic !== undefined || state.drill?.approver !== undefined;
  const called = byItself ? undefined : steps.find(({ after }) => after.confirmed);
  const told = steps.flatMap((step) => {
    const own = postsOf(step.event, step.after, now).map((post): Post => ({ ...post, since: step.event.seq }));
    return step === called ? [card, ...own] : own;
  });
  return [root, ...told, ...(state.drill === undefined ? credentialPosts(state, given) : [])];
}

function postsOf(event: DomainEvent, state: RequestState, now: RequestState): Post[] {
  const sentence = narrate(event, state);
  const notice = state.drill === undefined ? noticeCard(event, state, now) : undefined;
  const page = pageOf(event, state, sentence);
  const found: (Post | undefined)[] = [
    sentence && {
      key: `line.${event.seq}`,
      lane: "incident",
      under: "root",
      live: false,
      content: { text: [{ time: event.at }, "  ", ...sentence] },
    },
    notice && { key: `notice.${event.seq}`, lane: "private", live: true, content: { card: notice } },
    page && { key: `page.${event.seq}`, lane: "security", live: false, content: { text: page } },
    callOf(event, state),
    // The request's record as a file in its thread: once, when it is complete with its review.
    event.type === "ReviewSubmitted"
      ? { key: "record", lane: "record", under: "root", live: false, content: { file: "record" } }
      : undefined,
  ];
  return found.filter((post) => post !== undefined);
}

/** The post with the way in: told in one platform alone. */
export const CREDENTIAL = "credential";

/** The way in stands while access is on, and is painted over when it ends: one that never came needs no note that it is closed. */
function credentialPosts(state: RequestState, since: number): Post[] {
  if (state.grant?.outcome !== "given" || !state.revealable) return [];
  const content = { card: credentialCard(state) };
  const post: Post = { key: CREDENTIAL, lane: "private", live: true, since, content };
  return [state.phase === "active" ? post : { ...post, note: true }];
}

/** What wakes the security channel. */
function pageOf(event: DomainEvent, state: RequestState, sentence: Text | undefined): Text | undefined {
  const about: Span[] = [{ mention: { everyone: true } }, ` ${drillMark(state)}${state.id}: `];
  if (event.type === "DrillScored")
    return event.data.passed
      ? undefined
      : [...about, `${state.role} on ${state.target}. `, ...scoreText(event.data, state)];
  if (event.type === "EmergencyInvoked") {
    return [
      ...about,
      "🔴 ",
      { person: state.requester },
      ` broke the glass: ${whatText(state)} for ${formatDuration(event.data.durationMs)}, without approval. "`,
      { said: state.justification },
      `"`,
    ];
  }
  // Whoever was woken learns that it is over, and need not be woken for that.
  if (event.type === "RevokeSucceeded" && sentence !== undefined && state.ending?.stage !== "none")
    // A drill's mark is the sentence's first word, and here the id's.
    return [`${drillMark(state)}${state.id}: `, ...(state.drill === undefined ? sentence : sentence.slice(1))];
  if (event.type === "ReviewReminded" && event.data.overdue) return [`${state.id}: `, ...reminded(true, 0, state)];
  if (event.type === "ReviewSubmitted" && event.data.use === "misuse" && sentence !== undefined)
    return [...about, ...sentence];
  if (event.type === "AnomalyRaised" && event.data.action !== "tell")
    return [...about, { person: state.requester }, ` at ${state.target}. `, ...anomalyText(event.data)];
  return event.type === "RevokeOverdue" ? [...about, ...overdueText(event.data, state)] : undefined;
}

/** An escalation calls its people where they can decide: under the approval card. */
function callOf(event: DomainEvent, state: RequestState): Post | undefined {
  if (event.type !== "RequestEscalated") return undefined;
  const names = event.data.called.flatMap((person): Span[] => [" ", { mention: person }]);
  const text: Text = [
    `${drillMark(state)}No decision yet on ${state.id}: calling ${event.data.to.join(", ")}`,
    ...names,
  ];
  return { key: `call.${event.seq}`, lane: "approvals", under: "card", live: false, content: { text } };
}
