import { formatDuration } from "../domain/duration.ts";
import { isHeld, type RequestState } from "../domain/request.ts";
import { begunBy } from "../domain/standing.ts";
import { moment, type Span, type Text } from "../domain/text.ts";
import type { Tone } from "./card.ts";

/** The mark of a request. */
export function toneOf(state: RequestState): Tone {
  const late = state.ending !== undefined && (state.ending.failures > 0 || state.ending.stage !== "none");
  switch (state.phase) {
    case "unconfirmed":
    case "waiting":
      return "waiting";
    case "approved":
    case "granting":
    case "active":
      return state.emergency || isHeld(state) ? "alarm" : "active";
    case "ending":
      return late || state.emergency || state.grant?.outcome === "failed" ? "alarm" : "active";
    case "ended":
    case "denied":
    case "withdrawn":
    case "lapsed":
      return "ended";
  }
}

/** Where a request stands, as the last words of its title. */
export function phaseText(state: RequestState): Text {
  switch (state.phase) {
    case "unconfirmed":
      return ["not confirmed yet"];
    case "waiting":
      return [`waiting for approval`];
    case "approved":
    case "granting":
      return [isHeld(state) ? "approved, access can't be given yet" : "approved, access is being given"];
    case "active":
      return ["until ", untilTime(state)];
    case "ending":
      if (state.grant?.outcome === "failed")
        return [state.ending?.failures === 0 ? "not given, making sure of it" : "not given, and not sure yet"];
      return state.ending?.failures === 0 ? ["ending now"] : ["overdue, not gone yet"];
    case "ended":
      if (state.grant?.outcome === "failed") return ["no access was given"];
      return [state.secret === "burnt" ? "burnt " : "ended ", { time: state.endedAt ?? 0 }, ...drillEnd(state)];
    case "denied":
      return ["denied"];
    case "withdrawn":
      return ["withdrawn"];
    case "lapsed":
      return ["lapsed"];
  }
}

function drillEnd({ drill }: RequestState): Text {
  if (drill?.score === undefined) return [];
  return [drill.score.passed ? ", passed" : ", failed"];
}

/** Who decided, how: for a card that is no longer to be clicked. Empty while it waits. */
export function decidedText(state: RequestState): Text {
  const { phase, approvals, denied, requester, deadline } = state;
  const runs = phase === "approved" || phase === "granting" || phase === "active";
  const until: Text = deadline === undefined || !runs ? [] : [", until ", untilTime(state)];
  if (phase === "waiting" || phase === "unconfirmed") return [];
  if (phase === "denied" && denied !== undefined) {
    return ["Denied by ", { person: denied.by.person ?? "" }, `: "`, { said: denied.reason }, `"`];
  }
  if (phase === "withdrawn") return ["Withdrawn by ", { person: begunBy(state) }];
  if (phase === "lapsed" && !state.confirmed) return ["Not confirmed in time"];
  if (phase === "lapsed") return [`Nobody decided within ${formatDuration(state.verdict.lapseMs)}`];
  if (state.emergency) return ["🔴 ", { person: requester }, " broke the glass, without approval", ...until];
  if (approvals.length === 0) return ["Approved by policy", ...until];
  const names = approvals.flatMap(({ by }, index): Span[] => [index === 0 ? "" : ", ", { person: by.person ?? "" }]);
  return ["Approved by ", ...names, ...until];
}

/** When access must be gone. */
export function untilTime({ approvedAt = 0, deadline = 0 }: RequestState): Span {
  return moment(deadline, approvedAt);
}

/** `writer on Orders database (production)` */
export function whatText({ role, verdict, target }: RequestState): string {
  return `${role} on ${verdict.title} (${target})`;
}
