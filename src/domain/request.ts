import { ERASED, isOfRequest, type Cause, type DomainEvent, type EventData } from "./events.ts";
import type { Actor } from "./people.ts";
import type { Drill } from "./drill.ts";
import { evolveDrill } from "./evolve-drill.ts";
import { evolveReview } from "./evolve-review.ts";
import { evolveObserved, type Observed } from "./observed.ts";
import type { ByPlatform, Surfaces } from "./platform.ts";
import type { Review } from "./review.ts";
import type { Verdict } from "./verdict.ts";

/** Where a request stands. Overdue is not a phase: it is `ending`, late. */
export type Phase =
  | "unconfirmed"
  | "waiting"
  | "approved"
  | "granting"
  | "active"
  | "ending"
  | "ended"
  | "denied"
  | "withdrawn"
  | "lapsed";

/** How the requester gets in, without the secret. */
export type Way = NonNullable<EventData<"GrantSucceeded">["way"]>;

/** A request, folded from its events. */
export interface RequestState {
  readonly id: string;
  /** How many events were folded: what an append must still find. */
  readonly version: number;
  readonly phase: Phase;
  readonly openedAt: number;
  /** From when on it waits for a decision: when it was opened, or confirmed with a key where policy asks for that. */
  readonly waitsFrom: number;
  /** Whether anybody was called: not before its requester confirmed it, where policy asks for that. */
  readonly confirmed: boolean;
  /** How often somebody came with a proof that was none. */
  readonly stepUpFailures: number;
  readonly opener: Actor;
  readonly requester: string;
  readonly target: string;
  readonly role: string;
  readonly durationMs: number;
  readonly justification: string;
  readonly verdict: Verdict;
  /** Where it is shown, in each platform. */
  readonly channels: ByPlatform<Surfaces>;
  readonly delivery?: string | undefined;
  readonly after?: string | undefined;
  /** Present when it is a rehearsal, for ever. */
  readonly drill?: Drill | undefined;
  readonly approvals: readonly { readonly by: Actor; readonly at: number }[];
  readonly denied?: { readonly by: Actor; readonly at: number; readonly reason: string };
  /** Escalation steps already taken, and the groups that may approve since. */
  readonly escalations: number;
  readonly escalatedTo: readonly string[];
  readonly emergencyOffered: boolean;
  readonly emergency: boolean;
  /** When the clock began to run, and when the access must be gone. Set by the approval. */
  readonly approvedAt?: number;
  readonly deadline?: number;
  readonly grant?: {
    readonly attempt: number;
    readonly startedAt: number;
    readonly outcome: "open" | "given" | "failed";
    readonly handle?: EventData<"GrantSucceeded">["handle"];
    readonly problem?: string;
  };
  /** Why the target could not be asked so far, in the order in which that was found. */
  readonly held?: readonly EventData<"GrantHeld">[];
  readonly warned: boolean;
  /** Whether the target was seen without the access while it should have been there. */
  readonly drifted: boolean;
  /** Whether the target made a credential, and how its requester gets in with it: that is no secret. */
  readonly revealable: boolean;
  readonly way?: Way | undefined;
  /** Which credential is the newest: 0 is the grant's own, and each rotation makes the next. */
  readonly credential: number;
  /** That the newest one was given out: when first, how often, and by which one-time link last. */
  readonly opened?: { readonly at: number; readonly times: number; readonly nonce?: string | undefined } | undefined;
  /** Every link by which any of them was given out. */
  readonly openedBy: readonly string[];
  /** A fresh one that is being made, and how often that was asked for. */
  readonly rotation?: { readonly number: number; readonly attempt: number; readonly since: number } | undefined;
  readonly rotations: number;
  /** Why the last one could not be made. */
  readonly rotationProblem?: string | undefined;
  /** Chat refused the message with the credential at least once. */
  readonly undelivered: boolean;
  readonly ending?: {
    readonly cause: Cause;
    readonly by: Actor;
    /** The moment from which it counts as late. */
    readonly endAt: number;
    readonly reason?: string | undefined;
    readonly failures: number;
    readonly lastFailureAt?: number;
    readonly problem?: string;
    readonly stage: "none" | "page" | "by-hand";
  };
  readonly endedAt?: number;
  readonly lateMs?: number;
  /** What became of a static secret. */
  readonly secret?: EventData<"RevokeSucceeded">["secret"];
  readonly review?: Review;
  /** What was run under it, as far as that is known. */
  readonly observed?: Observed;
  /** The rules of anomalies that it fitted. */
  readonly anomalies: readonly (Pick<EventData<"AnomalyRaised">, "rule" | "title" | "level" | "action"> & {
    readonly at: number;
  })[];
}

/**
 * Folds an event into a request.
 *
 * @param state - undefined before the first event
 * @param event - the next one, in order
 * @param id - the request's id
 */
export function evolve(state: RequestState | undefined, event: DomainEvent, id: string): RequestState {
  if (event.type === "RequestOpened") return open(event, id);
  if (state === undefined) throw new Error(`${id} begins with ${event.type}`);
  const next = step(state, event);
  const drill = next.drill && evolveDrill(next.drill, event);
  return { ...next, ...(drill && { drill }), version: state.version + 1 };
}

/** Folds a request's events from the first. Undefined when there are none. */
export function fold(id: string, events: readonly DomainEvent[], from?: RequestState): RequestState | undefined {
  return events.reduce<RequestState | undefined>((state, event) => evolve(state, event, id), from);
}

function open(event: Extract<DomainEvent, { type: "RequestOpened" }>, id: string): RequestState {
  const { requester, target, role, durationMs, verdict, channels, delivery, after, drill } = event.data;
  const state: RequestState = {
    id,
    version: 1,
    phase: "waiting",
    openedAt: event.at,
    waitsFrom: event.at,
    confirmed: false,
    stepUpFailures: 0,
    opener: event.actor,
    requester,
    target,
    role,
    durationMs,
    justification: event.notes?.["justification"] ?? ERASED,
    verdict,
    channels: surfacesOf(channels),
    delivery,
    after,
    ...(drill && { drill }),
    approvals: [],
    escalations: 0,
    escalatedTo: [],
    emergencyOffered: false,
    emergency: false,
    warned: false,
    drifted: false,
    revealable: false,
    credential: 0,
    openedBy: [],
    rotations: 0,
    undelivered: false,
    anomalies: [],
  };
  return takesProof(verdict, "requester") ? { ...state, phase: "unconfirmed" } : wait(state, event.at);
}

/** It can be decided from here on; what policy approves by itself is. */
function wait(state: RequestState, at: number): RequestState {
  const waiting: RequestState = { ...state, phase: "waiting", waitsFrom: at, confirmed: true };
  return state.verdict.automatic === undefined ? waiting : approve(waiting, at, state.durationMs);
}

function surfacesOf({ teams, ...slack }: EventData<"RequestOpened">["channels"]): ByPlatform<Surfaces> {
  return { slack, ...(teams === undefined ? {} : { teams }) };
}

/** The clock runs from the approval, not from the request. */
function approve(state: RequestState, at: number, durationMs: number): RequestState {
  return { ...state, phase: "approved", approvedAt: at, durationMs, deadline: at + durationMs };
}

function step(state: RequestState, event: DomainEvent): RequestState {
  if (!isOfRequest(event)) return state;
  switch (event.type) {
    case "RequestOpened":
      return state;
    case "StepUpPassed":
      return state.phase === "unconfirmed" ? wait(state, event.at) : state;
    case "StepUpFailed":
      return { ...state, stepUpFailures: state.stepUpFailures + 1 };
    case "DriftFound":
      return { ...state, drifted: true };
    case "ApprovalGiven": {
      const voted = { ...state, approvals: [...state.approvals, { by: event.actor, at: event.at }] };
      return voted.approvals.length >= state.verdict.quorum ? approve(voted, event.at, state.durationMs) : voted;
    }
    case "RequestDenied": {
      const reason = event.notes?.["reason"] ?? ERASED;
      return { ...state, phase: "denied", denied: { by: event.actor, at: event.at, reason }, endedAt: event.at };
    }
    case "RequestWithdrawn":
      return { ...state, phase: "withdrawn", endedAt: event.at };
    case "RequestLapsed":
      return { ...state, phase: "lapsed", endedAt: event.at };
    case "RequestEscalated":
      return { ...state, escalations: event.data.step, escalatedTo: [...state.escalatedTo, ...event.data.to] };
    case "EmergencyOffered":
      return { ...state, emergencyOffered: true };
    case "EmergencyInvoked":
      return approve({ ...state, emergency: true }, event.at, event.data.durationMs);
    case "GrantStarted": {
      const grant = { attempt: event.data.attempt, startedAt: event.at, outcome: "open" } as const;
      return { ...state, phase: "granting", deadline: event.data.deadline, grant };
    }
    case "GrantHeld":
      return { ...state, held: [...(state.held ?? []), event.data] };
    case "GrantSucceeded": {
      const startedAt = state.grant?.startedAt ?? event.at;
      const grant = { attempt: event.data.attempt, startedAt, outcome: "given", handle: event.data.handle } as const;
      const { credential: revealable, way } = event.data;
      if (state.phase === "granting") return { ...state, phase: "active", grant, revealable, way };
      // The target gave it after the request was ended: it must be taken back.
      return { ...end(state, "late", event, event.at), grant };
    }
    case "GrantFailed": {
      const startedAt = state.grant?.startedAt ?? event.at;
      const { attempt, problem } = event.data;
      const failed: RequestState = { ...state, grant: { attempt, startedAt, outcome: "failed", problem } };
      return state.phase === "granting" || state.phase === "approved" ? end(failed, "failed", event, event.at) : failed;
    }
    case "CredentialRevealed": {
      const { nonce } = event.data;
      const { at, times } = state.opened ?? { at: event.at, times: 0 };
      const openedBy = nonce === undefined ? state.openedBy : [...state.openedBy, nonce];
      return { ...state, opened: { at, times: times + 1, nonce }, openedBy };
    }
    case "CredentialRotationAsked": {
      const rotation = { number: event.data.number, attempt: 0, since: event.at };
      return { ...state, rotation, rotations: state.rotations + 1, rotationProblem: undefined };
    }
    case "CredentialRotationStarted": {
      const { number, attempt } = event.data;
      return { ...state, rotation: { number, attempt, since: event.at } };
    }
    case "CredentialRotated":
      return rotated(state, event);
    case "CredentialRotationFailed": {
      const failed: RequestState = { ...state, rotation: undefined, rotationProblem: event.data.problem };
      return event.data.unknown ? lateIfOver(failed, event) : failed;
    }
    case "DrillTried":
    case "DrillScored":
      return state;
    case "CredentialUndelivered":
      return { ...state, undelivered: true };
    case "ExpiryWarned":
      return { ...state, warned: true };
    case "RevokeStarted":
      return end(state, event.data.cause, event, event.data.endAt);
    case "RevokeFailed":
      if (state.ending === undefined) return state;
      return {
        ...state,
        ending: {
          ...state.ending,
          failures: event.data.attempt,
          lastFailureAt: event.at,
          problem: event.data.problem,
        },
      };
    case "RevokeOverdue":
      if (state.ending === undefined) return state;
      return { ...state, ending: { ...state.ending, stage: event.data.stage } };
    case "RevokeSucceeded":
      return { ...state, phase: "ended", endedAt: event.at, lateMs: event.data.lateMs, secret: event.data.secret };
    case "CommandsObserved":
      return { ...state, observed: evolveObserved(state.observed, event) };
    case "AnomalyRaised": {
      const { rule, title, level, action } = event.data;
      return { ...state, anomalies: [...state.anomalies, { rule, title, level, action, at: event.at }] };
    }
    case "ReviewOpened":
    case "ReviewReminded":
    case "ReviewSubmitted":
    case "FollowUpReminded":
    case "FollowUpSent":
    case "FollowUpDone":
      return { ...state, review: evolveReview(state.review, event) };
  }
}

function rotated(state: RequestState, event: Extract<DomainEvent, { type: "CredentialRotated" }>): RequestState {
  const { number, way, handle } = event.data;
  const fresh: RequestState = {
    ...{ ...state, credential: number, way, opened: undefined, rotation: undefined, rotationProblem: undefined },
    ...(state.grant !== undefined && { grant: { ...state.grant, handle } }),
  };
  return lateIfOver(fresh, event);
}

/** A target that was asked for a fresh secret may have made the access anew after it was taken away. */
function lateIfOver(state: RequestState, event: DomainEvent): RequestState {
  return state.phase === "ended" ? end(state, "late", event, event.at) : state;
}

/** Access begins to end. What is already ending keeps its first cause; what had ended begins anew. */
function end(state: RequestState, cause: Cause, event: DomainEvent, endAt: number): RequestState {
  if (state.phase === "ending") return state;
  const reason = event.notes?.["reason"];
  return { ...state, phase: "ending", ending: { cause, by: event.actor, endAt, reason, failures: 0, stage: "none" } };
}

/** Whether a verdict asks this side for a proof with a key. */
export function takesProof({ stepUp = [] }: Verdict, side: "requester" | "approver"): boolean {
  return stepUp.includes(side);
}

/** Whether it is approved, and access not there yet. */
export function isToBeGiven({ phase }: RequestState): boolean {
  return phase === "approved" || phase === "granting";
}

/** Whether access is to be given, and can't be for a reason that lies with the program. */
export function isHeld(state: RequestState): boolean {
  return state.held !== undefined && isToBeGiven(state);
}

/** Whether any of its credentials was given out. */
export function wasOpened({ opened, openedBy }: RequestState): boolean {
  return opened !== undefined || openedBy.length > 0;
}

/** Whether nothing can happen to it any more. */
export function isOver(state: RequestState): boolean {
  return ["ended", "denied", "withdrawn", "lapsed"].includes(state.phase);
}

/** Whether there may be access at the target now. */
export function mayHaveAccess(state: RequestState): boolean {
  return state.phase === "granting" || state.phase === "active" || state.phase === "ending";
}
