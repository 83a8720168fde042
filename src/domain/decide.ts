import { Refusal } from "../errors.ts";
import type { Command, CommandOf, Facts } from "./commands.ts";
import type { NewEvent } from "./events.ts";
import { CONFIRM_WITHIN_MS } from "./agenda.ts";
import { reveal, rotate } from "./decide-credential.ts";
import { closeFollowUp, submitReview } from "./decide-review.ts";
import { isAnybodyEnrolled } from "./keys.ts";
import { openDrill, refuseDrill } from "./open-drill.ts";
import { openRequest } from "./open-request.ts";
import { peopleOf, type Actor } from "./people.ts";
import { aboutRequest, prove, refuseKeyless } from "./prove.ts";
import { mayHaveAccess, takesProof, type RequestState } from "./request.ts";
import { standing, type NameOf } from "./standing.ts";
import { formatDuration } from "./duration.ts";
import { cut, list, plainLine } from "./text.ts";

/** How many characters of a reason (of a denial, of a revoke) are kept. */
export const REASON_MAX = 500;

/** What it takes to know who may decide. */
type Seen = Pick<Facts, "now" | "policy" | "groups">;

/**
 * What follows from a command: events, or a refusal. Every surface ends here, and nothing else decides.
 *
 * @param state - the request, undefined when there is none yet
 * @param command - what is asked, by whom
 * @param facts - all that the outside knows now
 * @throws {@link Refusal}: `REQUEST_UNKNOWN`, `ALREADY_DECIDED`, `OWN_REQUEST`, `NOT_APPROVER`, `NOT_REQUESTER`, `ALREADY_VOTED`,
 *   `REASON_MISSING`, `EMERGENCY_NOT_OPEN`, `NOT_ACTIVE`, `NOT_CONFIRMED`, `DRILL_CREDENTIAL`, and those of {@link openRequest},
 *   {@link openDrill}, {@link submitReview}, {@link closeFollowUp}, {@link prove}, {@link reveal} and {@link rotate}
 */
export function decide(state: RequestState | undefined, command: Command, facts: Facts): NewEvent[] {
  if (command.type === "OpenRequest") return open(command, facts);
  if (command.type === "OpenDrill") return openDrill(command, facts);
  if (state === undefined) throw unknownRequest();
  switch (command.type) {
    case "Confirm":
      return confirm(state, command, facts);
    case "Approve":
      return approve(state, command, facts);
    case "Deny":
      return deny(state, command, facts);
    case "Withdraw":
      return withdraw(state, command, facts);
    case "BreakGlass":
      return breakGlass(state, command, facts);
    case "Reveal":
      inUse(state, command.by, facts);
      return reveal(state, command, facts);
    case "RotateCredential":
      inUse(state, command.by, facts);
      return rotate(state, command);
    case "EndEarly":
      return endEarly(state, command, facts);
    case "RevokeNow":
      return revokeNow(state, command, facts);
    case "SubmitReview":
      return submitReview(state, command, facts);
    case "CloseFollowUp":
      return closeFollowUp(state, command, facts);
  }
}

function open(command: CommandOf<"OpenRequest">, facts: Facts): NewEvent[] {
  const [opened] = openRequest(command, facts);
  if (takesProof(opened.data.verdict, "requester")) refuseKeyless(facts.keys, opened.data.requester);
  return [opened];
}

export function unknownRequest(): Refusal {
  return new Refusal("REQUEST_UNKNOWN", "There is no such request.", { next: "/breakglass status shows yours." });
}

/** The groups whose people may vote on a request now: those of the verdict, and those it was escalated to. */
export function votingGroups(state: RequestState): string[] {
  return [...new Set([...state.verdict.approvers, ...state.escalatedTo])];
}

/** All groups whose people may do something with a request now. */
export function concernedGroups(state: RequestState): string[] {
  return [...new Set([...votingGroups(state), ...(state.verdict.review?.by ?? [])])];
}

function confirm(state: RequestState, { by, proof }: CommandOf<"Confirm">, facts: Facts): NewEvent[] {
  requesterOnly(state, by, facts);
  if (state.phase !== "unconfirmed" || facts.now >= state.openedAt + CONFIRM_WITHIN_MS) {
    const next = standing(state, nameIn(facts));
    throw new Refusal("ALREADY_DECIDED", `There is nothing to confirm on ${state.id}.`, { next });
  }
  return [prove(aboutRequest(state, by, "ask"), proof, facts.keys)];
}

function approve(state: RequestState, { by, proof }: CommandOf<"Approve">, facts: Facts): NewEvent[] {
  refuseVote(state, by, facts);
  refuseHeldUp(state);
  if (state.approvals.some((approval) => approval.by.person === by.person)) {
    throw new Refusal("ALREADY_VOTED", "Your approval is already counted.", {
      next: `${standing(state, nameIn(facts))} It takes ${state.verdict.quorum}.`,
    });
  }
  const { quorum } = state.verdict;
  const data = { votes: state.approvals.length + 1, quorum };
  if (!takesProof(state.verdict, "approver")) return [{ type: "ApprovalGiven", actor: by, data }];
  const passed = prove(aboutRequest(state, by, "approve"), proof, facts.keys);
  return [passed, { type: "ApprovalGiven", actor: by, data: { ...data, proven: true } }];
}

/** An overdue review holds its team's requests up, but for the emergency path. */
function refuseHeldUp({ id, verdict: { heldUpBy = [] } }: RequestState): void {
  if (heldUpBy.length === 0) return;
  throw new Refusal(
    "REVIEW_OVERDUE",
    `${id} can't be approved: the review of ${list(heldUpBy, "and")} was overdue when it was asked for.`,
    {
      next: "Review that, and have it asked for again. In an emergency its requester goes ahead alone.",
    },
  );
}

function deny(state: RequestState, { by, reason }: CommandOf<"Deny">, facts: Facts): NewEvent[] {
  refuseVote(state, by, facts);
  const said = cut(plainLine(reason), REASON_MAX);
  if (said === "") {
    throw new Refusal("REASON_MISSING", "A denial needs a reason.", {
      next: "Say in a few words why, so that the requester can act on it.",
    });
  }
  return [{ type: "RequestDenied", actor: by, data: {}, notes: { reason: said } }];
}

/**
 * Refuses whoever may not vote on this request now. Own requests are told apart by person, not by account.
 *
 * @throws `ALREADY_DECIDED`, `OWN_REQUEST`, `NOT_APPROVER`
 */
export function refuseVote(state: RequestState, by: Actor, facts: Seen): void {
  const { groups } = facts;
  undecided(state, facts);
  if (by.person === undefined || by.person === state.requester) {
    throw new Refusal("OWN_REQUEST", "Nobody decides on their own request.", { next: "You can withdraw it instead." });
  }
  if (isBegunBy(state, by))
    throw new Refusal("OWN_REQUEST", "You began this drill: somebody else decides on it.", {
      next: "You can withdraw it instead.",
    });
  const names = votingGroups(state);
  if (!peopleOf(groups, names).includes(by.person)) {
    const unread = names.filter((name) => groups.get(name)?.readable !== true);
    const next =
      unread.length === 0
        ? ""
        : ` (The members of ${unread.join(", ")} could not be read just now; try again in a minute.)`;
    throw new Refusal("NOT_APPROVER", `You are not an approver of ${state.id}.`, {
      next: `It takes ${state.verdict.quorum} of ${names.join(", ")}.${next}`,
    });
  }
}

function undecided(state: RequestState, facts: Seen): void {
  const inTime = facts.now < state.waitsFrom + state.verdict.lapseMs;
  if (state.phase === "unconfirmed") {
    throw new Refusal("NOT_CONFIRMED", `${state.id} is not confirmed by its requester yet.`, {
      next: standing(state, nameIn(facts)),
    });
  }
  if (state.phase === "waiting" && inTime) return;
  // Whoever records the lapse may be late or away; a vote after it counts no more for that.
  const next = standing(state.phase === "waiting" ? { ...state, phase: "lapsed" } : state, nameIn(facts));
  throw new Refusal("ALREADY_DECIDED", `${state.id} is already decided.`, { next });
}

function nameIn({ policy }: Seen): NameOf {
  return (person) => policy.people[person]?.name ?? person;
}

function requesterOnly(state: RequestState, by: Actor, facts: Facts): void {
  if (by.person === state.requester || isBegunBy(state, by)) return;
  const next =
    state.phase === "waiting"
      ? "Its approvers can deny it, on its card."
      : mayHaveAccess(state) && votingGroups(state).length > 0
        ? `Its approvers end its access: /breakglass revoke ${state.id} why.`
        : standing(state, nameIn(facts));
  throw new Refusal("NOT_REQUESTER", `Only the requester of ${state.id} can do this.`, { next });
}

/** A drill is asked for in nobody's name: it is whoever began it who may end it. */
function isBegunBy({ drill, opener }: RequestState, { person }: Actor): boolean {
  return drill !== undefined && person !== undefined && person === opener.person;
}

function withdraw(state: RequestState, { by }: CommandOf<"Withdraw">, facts: Facts): NewEvent[] {
  requesterOnly(state, by, facts);
  if (state.phase !== "unconfirmed") undecided(state, facts);
  return [{ type: "RequestWithdrawn", actor: by, data: {} }];
}

function breakGlass(state: RequestState, { by, proof }: CommandOf<"BreakGlass">, facts: Facts): NewEvent[] {
  const { now } = facts;
  refuseDrill(state);
  requesterOnly(state, by, facts);
  undecided(state, facts);
  const { emergency } = state.verdict;
  if (emergency === undefined) {
    throw new Refusal("EMERGENCY_NOT_OPEN", "The policy has no emergency path for this role.", {
      next: "Call an approver.",
    });
  }
  const leftMs = state.waitsFrom + emergency.afterMs - now;
  if (!state.emergencyOffered && leftMs > 0) {
    throw new Refusal("EMERGENCY_NOT_OPEN", `The emergency path opens in ${formatDuration(leftMs)}.`, {
      next: "Until then, call an approver.",
    });
  }
  const durationMs = Math.min(state.durationMs, emergency.maxMs);
  // Whoever goes ahead alone is seen by nobody else: so it takes a key as soon as anybody has one.
  if (!takesProof(state.verdict, "requester") && !isAnybodyEnrolled(facts.keys))
    return [{ type: "EmergencyInvoked", actor: by, data: { durationMs } }];
  const passed = prove(aboutRequest(state, by, "break-glass"), proof, facts.keys);
  return [passed, { type: "EmergencyInvoked", actor: by, data: { durationMs, proven: true } }];
}

function endEarly(state: RequestState, command: CommandOf<"EndEarly">, facts: Facts): NewEvent[] {
  requesterOnly(state, command.by, facts);
  if (state.phase === "waiting" || state.phase === "unconfirmed")
    return withdraw(state, { type: "Withdraw", by: command.by }, facts);
  running(state, facts);
  return [{ type: "RevokeStarted", actor: command.by, data: { cause: "ended", endAt: facts.now } }];
}

function revokeNow(state: RequestState, { by, reason }: CommandOf<"RevokeNow">, facts: Facts): NewEvent[] {
  const { now, groups } = facts;
  const mine =
    by.person !== undefined &&
    (by.person === state.requester ||
      isBegunBy(state, by) ||
      peopleOf(groups, votingGroups(state)).includes(by.person));
  if (!mine && by.via !== "cli") {
    throw new Refusal("NOT_APPROVER", `You are neither the requester nor an approver of ${state.id}.`, {
      next: `Ask one of ${votingGroups(state).join(", ") || "the people who run this service"}.`,
    });
  }
  running(state, facts);
  const said = cut(plainLine(reason ?? ""), REASON_MAX);
  const event = { type: "RevokeStarted", actor: by, data: { cause: "ordered", endAt: now } } as const;
  return [said === "" ? event : { ...event, notes: { reason: said } }];
}

/** Access that is on, to the one who has it, and not a moment past its deadline. */
function inUse(state: RequestState, by: Actor, facts: Facts): void {
  refuseDrill(state);
  requesterOnly(state, by, facts);
  if (state.phase === "active" && facts.now < (state.deadline ?? 0)) return;
  const said = ["approved", "granting"].includes(state.phase) ? "has no access yet." : "has no access any more.";
  const next = state.phase === "active" ? "Its time is up, and it is being ended." : standing(state, nameIn(facts));
  throw new Refusal("NOT_ACTIVE", `${state.id} ${said}`, { next });
}

function running(state: RequestState, facts: Facts): void {
  if (["approved", "granting", "active"].includes(state.phase)) return;
  // What is overdue may still be there: saying that there is nothing to end would say too much.
  const said = state.phase === "ending" ? "is being ended already." : "has no access to end.";
  throw new Refusal("NOT_ACTIVE", `${state.id} ${said}`, {
    next: standing(state, nameIn(facts)),
  });
}
