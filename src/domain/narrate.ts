import { groundsText } from "./automatic.ts";
import { formatDuration, formatLateness } from "./duration.ts";
import { isOfRequest, type DomainEvent, type EventData, type RequestEvent } from "./events.ts";
import { VAULT } from "./accounts.ts";
import { CONFIRM_WITHIN_MS } from "./agenda.ts";
import type { Actor } from "./people.ts";
import { STEP_UP_FAILURES_TOLD } from "./prove.ts";
import { drillMark } from "./drill.ts";
import { scoreText, triedText } from "./narrate-drill.ts";
import { narrateAnomaly } from "./narrate-anomaly.ts";
import { narrateObserved } from "./narrate-observed.ts";
import { narrateReview } from "./narrate-review.ts";
import { takesProof, type RequestState } from "./request.ts";
import { counted, ended, list, moment, type Span, type Text } from "./text.ts";
import type { Verdict } from "./verdict.ts";

/**
 * An event as a calm colleague would report it: one line a fact.
 *
 * @param event - what happened
 * @param state - the request right after it
 * @returns the sentence, without its time; undefined for what isn't told in a thread
 */
export function narrate(event: DomainEvent, state: RequestState): Text | undefined {
  const sentence = isOfRequest(event) ? sentenceOf(event, state) : undefined;
  return sentence === undefined || state.drill === undefined ? sentence : [drillMark(state), ...sentence];
}

function sentenceOf(event: RequestEvent, state: RequestState): Text | undefined {
  switch (event.type) {
    case "RequestOpened":
      return opened(event.data, state);
    case "ApprovalGiven": {
      const { votes, quorum } = event.data;
      const count = quorum === 1 ? "" : ` (${votes} of ${quorum})`;
      if (event.actor.via === "clock") return [actorSpan(event.actor), " approved, as the drill's own approver."];
      return [actorSpan(event.actor), ` approved${count}${withKey(event.data.proven)}.`];
    }
    case "RequestDenied":
      return [actorSpan(event.actor), ` denied: "`, { said: state.denied?.reason ?? "" }, `".`];
    case "RequestWithdrawn":
      return [actorSpan(event.actor), " withdrew the request."];
    case "RequestLapsed":
      return state.confirmed
        ? [`Nobody decided within ${formatDuration(state.verdict.lapseMs)}: the request lapsed.`]
        : [{ person: state.requester }, ` did not confirm it within ${formatDuration(CONFIRM_WITHIN_MS)}: it lapsed.`];
    case "RequestEscalated":
      return [
        `No decision after ${formatDuration(event.at - state.waitsFrom)}: called ${list(event.data.to, "and")}`,
        ...named(event.data.called),
        ".",
      ];
    case "EmergencyOffered":
      return [
        `No decision after ${formatDuration(event.at - state.waitsFrom)}: policy now lets `,
        { person: state.requester },
        ` go ahead alone, for at most ${formatDuration(event.data.maxMs)}.`,
      ];
    case "EmergencyInvoked":
      return [
        "🔴 ",
        actorSpan(event.actor),
        ` broke the glass${withKey(event.data.proven)}: access without approval, for ${formatDuration(event.data.durationMs)}.`,
      ];
    case "GrantStarted":
      return event.data.attempt === 1 ? undefined : [`Asking ${state.target} again (attempt ${event.data.attempt}).`];
    case "GrantHeld":
      return [
        `🔴 Nothing is given yet (${event.data.code}): `,
        { said: ended(event.data.problem) },
        " A person has to look. It is tried again until ",
        moment(state.deadline ?? event.at, event.at),
        ".",
      ];
    case "GrantSucceeded":
      if (state.phase !== "active") return [tooLate(state.target)];
      if (state.verdict.provider === VAULT)
        return [`Checked out: ${state.target}, until `, moment(event.data.deadline, event.at), "."];
      return [
        "Access is on: ",
        { code: event.data.handle.name },
        ` at ${state.target}, until `,
        moment(event.data.deadline, event.at),
        ".",
      ];
    case "GrantFailed":
      return [`${granted(event.data, state)} (${event.data.code}): `, { said: ended(event.data.problem) }];
    case "CredentialRevealed": {
      if (event.data.by === "direct-message")
        return [{ person: state.requester }, " got the credential in a direct message."];
      const again = state.opened !== undefined && state.opened.times > 1;
      const [once, why] = again ? [" again", ": the page had not said that it came"] : ["", ""];
      return [{ person: state.requester }, ` opened the credential${once}${withKey(event.data.proven)}${why}.`];
    }
    case "CredentialRotationAsked":
      return [actorSpan(event.actor), " asked for a fresh credential."];
    case "CredentialRotationStarted":
      return event.data.attempt === 1
        ? undefined
        : [`Asking ${state.target} for it again (attempt ${event.data.attempt}).`];
    case "CredentialRotated":
      return state.phase === "active"
        ? ["A fresh credential waits for ", { person: state.requester }, "; the one before works no longer."]
        : [tooLate(state.target)];
    case "CredentialRotationFailed":
      return notRotated(event.data, state);
    case "CredentialUndelivered":
      return [
        { person: state.requester },
        " has no credential yet, chat refuses the direct message: ",
        { said: ended(event.data.problem) },
        " It is tried again. Until it comes, ",
        { code: `/breakglass open ${state.id}` },
        " gives them, and nobody else, the way in.",
      ];
    case "ExpiryWarned":
      return [`${formatDuration(event.data.leftMs)} left.`];
    case "RevokeStarted":
      return ending(event, state);
    case "RevokeFailed":
      return event.data.attempt === 1 ? notEnded(event.data, state) : undefined;
    case "RevokeOverdue":
      return event.data.stage === "page"
        ? [...overdueText(event.data, state), " The security channel was told."]
        : overdueText(event.data, state);
    case "RevokeSucceeded":
      return [
        ...gone(event.data, state),
        ...enteredLater(event.data),
        ` Ledger ${event.seq} · ${event.hash.slice(0, 8)}.`,
      ];
    case "DrillTried":
      return triedText(event.data);
    case "DrillScored":
      return scoreText(event.data, state);
    case "DriftFound":
      return [
        "🔴 ",
        { code: event.data.handle.name },
        ` is no longer at ${state.target}, and nobody here ended it. At the deadline it is made sure that nothing is left.`,
      ];
    case "StepUpPassed":
      // What else was confirmed says so itself.
      return event.data.action === "ask" ? [actorSpan(event.actor), " confirmed it, with a security key."] : undefined;
    case "StepUpFailed":
      return failedProof(event, state);
    case "CommandsObserved":
      return narrateObserved(event, state);
    case "AnomalyRaised":
      return event.data.level === "informational" ? undefined : narrateAnomaly(event.data);
    case "ReviewOpened":
    case "ReviewReminded":
    case "ReviewSubmitted":
    case "FollowUpReminded":
    case "FollowUpSent":
    case "FollowUpDone":
      return narrateReview(event, state);
  }
}

function withKey(proven: boolean | undefined): string {
  return proven === true ? ", with a security key" : "";
}

function failedProof({ actor, data }: Extract<DomainEvent, { type: "StepUpFailed" }>, state: RequestState): Text {
  const last = state.stepUpFailures < STEP_UP_FAILURES_TOLD ? "" : " More of this is counted, and not told here.";
  return ["🔴 A confirmation with ", actorSpan(actor), `'s link was refused: ${ended(data.problem)}${last}`];
}

const tooLate = (target: string) => `${target} gave the access after the request had ended: taking it back.`;

/** Who did something, as a sentence names them. */
export function actorSpan(actor: Actor): Span {
  if (actor.person !== undefined) return { person: actor.person };
  if (actor.via !== "cli") return "The bot";
  return actor.account === undefined ? "Someone on the server" : `${actor.account} (on the server)`;
}

function named(people: readonly string[]): Span[] {
  if (people.length === 0) return [];
  return [" (", ...people.flatMap((person, index): Span[] => (index === 0 ? [{ person }] : [", ", { person }])), ")"];
}

function opened({ durationMs, verdict, after, drill }: EventData<"RequestOpened">, state: RequestState): Text {
  if (drill !== undefined)
    return [
      actorSpan(state.opener),
      ` began a drill of ${state.role} on ${state.target} for ${formatDuration(durationMs)}, in the name of `,
      { person: state.requester },
      ". Nobody is handed the access. ",
      ...(drill.approver === undefined
        ? [takes(verdict)]
        : [{ person: drill.approver }, " approves it, as its own approver."]),
    ];
  return [
    { person: state.requester },
    ` asked for ${state.role} on ${state.target} for ${formatDuration(durationMs)}: "`,
    { said: state.justification },
    `". ${takesProof(verdict, "requester") ? "It counts once confirmed with a security key. " : ""}${takes(verdict)}`,
    ...(after === undefined ? [] : [` It follows ${after}.`]),
  ];
}

function takes(verdict: Verdict): string {
  const { automatic, spent, facts, quorum, approvers } = verdict;
  if (automatic === undefined) {
    const why = spent === undefined ? "" : `: ${spentText(spent)}`;
    return `It takes ${quorum} of ${approvers.join(", ")}${why}.`;
  }
  const grounds = facts === undefined ? "" : `: ${groundsText(facts)}`;
  if (automatic.of === undefined || automatic.use === undefined || automatic.perMs === undefined)
    return `Policy approves this by itself${grounds}.`;
  return `Policy approved it by itself${grounds} (${automatic.use} of ${automatic.of} in ${formatDuration(automatic.perMs)}).`;
}

/** Why policy doesn't approve by itself this time. */
export function spentText({ of, perMs }: NonNullable<Verdict["spent"]>): string {
  return `policy approves ${counted(of, "request")} in ${formatDuration(perMs)} by itself, and that is used up`;
}

function granted({ unknown }: EventData<"GrantFailed">, { target }: RequestState): string {
  return unknown
    ? `🔴 It is not known whether ${target} gave the access, so it is taken back`
    : `🔴 ${target} did not give the access`;
}

function ending({ actor, data }: Extract<DomainEvent, { type: "RevokeStarted" }>, state: RequestState): Text {
  switch (data.cause) {
    case "deadline":
      return ["Time is up."];
    case "ended":
      return [actorSpan(actor), " ended it."];
    case "ordered": {
      const reason = state.ending?.reason;
      return reason === undefined
        ? [actorSpan(actor), " revoked it."]
        : [actorSpan(actor), ` revoked it: "`, { said: reason }, `".`];
    }
    case "failed":
      return ["Making sure that nothing is left there."];
    case "late":
      return [tooLate(state.target)];
  }
}

function notRotated({ code, problem, unknown }: EventData<"CredentialRotationFailed">, state: RequestState): Text {
  if (state.phase !== "active")
    return [`No fresh credential was made (${code}): `, { said: ended(problem) }, ...madeSure(unknown, state)];
  const what = unknown
    ? `🔴 It is not known whether ${state.target} made a fresh credential`
    : `🔴 ${state.target} made no fresh credential`;
  const which = unknown ? " It may be that none works now." : "";
  return [
    `${what} (${code}): `,
    { said: ended(problem) },
    `${which} `,
    { person: state.requester },
    " can rotate again.",
  ];
}

function madeSure(unknown: boolean, { phase }: RequestState): Span[] {
  return unknown && phase === "ending" ? [" It is made sure that nothing is left there."] : [];
}

function notEnded({ code, problem }: EventData<"RevokeFailed">, { target, grant }: RequestState): Text {
  // What a failed grant may have left is not known; saying that access could not be ended would say too much.
  if (grant?.outcome === "failed") {
    return [
      `🔴 ${target} could not be asked whether anything is left there (${code}): `,
      { said: ended(problem) },
      " Trying again until that is sure.",
    ];
  }
  return [`🔴 Could not end it (${code}): `, { said: ended(problem) }, " Trying again until it is gone."];
}

/** That access outlives its end, or may; with the way to end it by hand when it is time for that. */
export function overdueText({ stage, lateMs, commands }: EventData<"RevokeOverdue">, state: RequestState): Text {
  const { target, grant, requester } = state;
  const late = formatDuration(lateMs);
  const text: Text =
    grant?.outcome === "failed"
      ? [`🔴 Not sure for ${late}: whether the failed grant left `, { person: requester }, ` access to ${target}.`]
      : [`🔴 Overdue by ${late}: ${target} may still give access to `, { person: requester }, "."];
  if (stage === "page") return text;
  return [...text, " By hand:", ...commands.flatMap((line): Span[] => ["\n", { code: line }])];
}

/** Of a static secret nobody can say that it is gone. */
function secretText(secret: NonNullable<EventData<"RevokeSucceeded">["secret"]>, state: RequestState): Text {
  switch (secret) {
    case "unopened":
      return [`Put back, and its password was shown to nobody: ${state.target} can be checked out again`];
    case "burnt":
      return [
        `🔴 Checked in, and burnt: `,
        { person: state.requester },
        ` still knows the password until people rotate it, and nobody can check ${state.target} out before`,
      ];
    case "rotated":
      return [`Rotated: ${state.target} has another password, which is sealed`];
  }
}

function enteredLater({ goneAt }: EventData<"RevokeSucceeded">): Text {
  return goneAt === undefined ? [] : [" That was at ", { time: goneAt }, ", while the ledger was away; entered now."];
}

function gone({ lateMs, done, secret }: EventData<"RevokeSucceeded">, state: RequestState): Text {
  const { grant, ending: end } = state;
  const did = done.length === 0 ? "" : `${done.join(", ")}, `;
  const late = formatLateness(lateMs);
  const since = `${late} after the ${end?.cause === "deadline" ? "deadline" : "end"}.`;
  if (secret !== undefined) return [...secretText(secret, state), `; ${secret === "rotated" ? did : ""}${since}`];
  if (grant?.outcome === "failed") return [`Nothing is left there, and that was checked: ${did}${late} later.`];
  return [`Gone, and checked: ${did}${since}`];
}
