import type { DomainEvent, EventType } from "../domain/events.ts";
import type { RequestState } from "../domain/request.ts";
import { access, account, entity, finding, type Mapped } from "./mapped.ts";

/** An event, and its request as it was after it. */
interface Seen<T extends EventType> {
  readonly event: Extract<DomainEvent, { type: T }>;
  /** The id of its request; empty where it has none. */
  readonly id: string;
  readonly request: RequestState | undefined;
}

type Maps = { readonly [T in EventType]: (seen: Seen<T>) => Mapped };

const SUCCESS = { status: "success" } as const;
const FAILURE = { status: "failure", severity: "medium" } as const;

const request = (activity: 1 | 2 | 3, { id }: { readonly id: string }, rest = {}) =>
  entity(activity, { type: "Access request", uid: id }, rest);
const credential = (activity: 1 | 2 | 3, { id }: { readonly id: string }, rest = {}) =>
  entity(activity, { type: "Credential", uid: id }, rest);
const review = (activity: 1 | 2 | 3, { id }: { readonly id: string }, rest = {}) =>
  entity(activity, { type: "Review", uid: id }, rest);
const sealed = (
  activity: 1 | 2 | 3,
  { account: uid, generation }: { account: string; generation: number },
  rest = {},
) => entity(activity, { type: "Sealed account", uid, version: String(generation) }, rest);
const drillId = ({ target, role }: { readonly target: string; readonly role: string }) => `${target}-${role}`;
const drill = (activity: 1 | 3, of: { readonly target: string; readonly role: string }) =>
  entity(activity, { type: "Drill", uid: drillId(of) });
const key = (activity: 1 | 2 | 3, uid: string, rest = {}) => entity(activity, { type: "Security key", uid }, rest);
const ledger = (rest = {}) => entity(3, { type: "Ledger", uid: "ledger" }, rest);

function ofRequest({ requester = "", target = "", role = "", grant }: Partial<RequestState> = {}) {
  return { person: requester, target, role, principal: grant?.handle?.name };
}

/** Access that no grant explains belongs to nobody that is known: its name at the target stands for who has it. */
function ofOrphan({ target, handle }: { readonly target: string; readonly handle: { readonly name: string } }) {
  return { person: handle.name, principal: handle.name, target, role: "unknown" };
}

function stepUp(person: string, action: string, status: "success" | "failure", detail?: string): Mapped {
  return {
    ...{ class: "authentication", activity: 1, severity: status === "success" ? "informational" : "medium", status },
    ...(detail !== undefined && { detail }),
    attributes: {
      ...{ user: { name: person }, service: { name: "Breakglass", labels: [action] }, is_mfa: true },
      ...{ auth_protocol_id: 99, auth_protocol: "WebAuthn" },
    },
  };
}

const resources = (target: string | undefined) => ({ resources: [{ name: target ?? "", type: "target" }] });

/** What each event is in OCSF. docs/siem.md has this as a table. */
const MAPS: Maps = {
  RequestOpened: (seen) => request(1, seen),
  ApprovalGiven: (seen) => request(3, seen, SUCCESS),
  RequestDenied: (seen) => request(3, seen, { status: "failure" }),
  RequestWithdrawn: (seen) => request(3, seen),
  RequestLapsed: (seen) => request(3, seen, { status: "failure" }),
  RequestEscalated: (seen) => request(3, seen, { severity: "low" }),
  EmergencyOffered: (seen) => request(3, seen, { severity: "low" }),
  EmergencyInvoked: ({ id, request: state }) =>
    finding("Emergency access without an approval", `${id}-emergency`, "high", resources(state?.target)),
  StepUpPassed: ({ event }) => stepUp(event.actor.person ?? "", event.data.action, "success"),
  StepUpFailed: ({ event }) => stepUp(event.actor.person ?? "", event.data.action, "failure", event.data.problem),
  GrantStarted: (seen) => request(3, seen),
  GrantHeld: (seen) => request(3, seen, { ...FAILURE, detail: `${seen.event.data.code}: ${seen.event.data.problem}` }),
  GrantSucceeded: ({ request: state }) => access(1, ofRequest(state), SUCCESS),
  GrantFailed: ({ request: state, event }) =>
    access(1, ofRequest(state), { ...FAILURE, detail: `${event.data.code}: ${event.data.problem}` }),
  CredentialRevealed: (seen) => credential(2, seen, SUCCESS),
  CredentialUndelivered: (seen) => credential(2, seen, { ...FAILURE, detail: seen.event.data.problem }),
  CredentialRotationAsked: (seen) => credential(3, seen),
  CredentialRotationStarted: (seen) => credential(3, seen),
  CredentialRotated: ({ event }) => account(3, { name: event.data.handle.name }, SUCCESS),
  CredentialRotationFailed: ({ request: state, event }) =>
    account(
      3,
      { name: state?.grant?.handle?.name ?? state?.requester ?? "" },
      { ...FAILURE, detail: `${event.data.code}: ${event.data.problem}` },
    ),
  CommandsObserved: ({ request: state, event }) => ({
    ...{ class: "datastore", activity: 4, severity: "informational" },
    attributes: {
      actor: { user: { name: state?.requester ?? "" } },
      src_endpoint: { name: event.data.by },
      database: { name: state?.target ?? "", type_id: 0 },
    },
  }),
  AnomalyRaised: ({ id, request: state, event }) =>
    finding(event.data.title, `${id}-${event.data.rule}`, event.data.level, {
      ...resources(state?.target),
      ...{ evidences: [{ data: { rule: event.data.rule } }] },
    }),
  ExpiryWarned: (seen) => request(3, seen),
  RevokeStarted: (seen) => request(3, seen),
  RevokeFailed: ({ request: state, event }) =>
    access(2, ofRequest(state), {
      ...{ status: "failure", severity: "high", detail: `${event.data.code}: ${event.data.problem}` },
    }),
  RevokeOverdue: ({ id, request: state, event }) =>
    finding(
      "Access that should be gone is not",
      `${id}-overdue-${event.data.stage}`,
      "critical",
      resources(state?.target),
    ),
  RevokeSucceeded: ({ request: state }) => access(2, ofRequest(state), SUCCESS),
  DrillTried: (seen) =>
    credential(2, seen, seen.event.data.works === "no" ? { ...FAILURE, detail: seen.event.data.problem } : SUCCESS),
  DrillScored: (seen) =>
    seen.event.data.passed
      ? request(3, seen, SUCCESS)
      : finding("A drill failed", `${seen.id}-drill`, "high", resources(seen.request?.target)),
  ReviewOpened: (seen) => review(1, seen),
  ReviewReminded: (seen) => review(3, seen),
  ReviewSubmitted: (seen) => review(3, seen, SUCCESS),
  FollowUpReminded: (seen) => review(3, seen),
  FollowUpSent: (seen) => review(3, seen),
  FollowUpDone: (seen) => review(3, seen, SUCCESS),
  DriftFound: ({ id, request: state }) =>
    finding("Access ended at the target, and not by us", `${id}-drift`, "medium", resources(state?.target)),
  OrphanFound: ({ event }) =>
    finding(
      "Access of ours that no grant explains",
      `${event.data.target}-${event.data.handle.name}`,
      "high",
      resources(event.data.target),
    ),
  OrphanRevokeFailed: ({ event }) =>
    access(2, ofOrphan(event.data), {
      ...{ status: "failure", severity: "high", detail: `${event.data.code}: ${event.data.problem}` },
    }),
  OrphanRevoked: ({ event }) => access(2, ofOrphan(event.data), SUCCESS),
  DrillPlanned: ({ event }) => drill(1, event.data),
  DrillAnnounced: ({ event }) => drill(3, event.data),
  DrillMissed: ({ event }) =>
    finding(
      "A drill did not run",
      `drill-${drillId(event.data)}-${event.data.dueAt}`,
      "high",
      resources(event.data.target),
    ),
  TargetCheckFailed: ({ event }) =>
    finding("A target does not pass its check", `${event.data.target}-check`, "medium", resources(event.data.target)),
  TargetCheckPassed: ({ event }) => entity(3, { type: "Target", uid: event.data.target }, SUCCESS),
  LedgerRecovered: () => ledger({ severity: "high" }),
  LedgerForked: ({ event }) => finding("The ledger is forked", `ledger-fork-${event.data.seq}`, "critical"),
  HeartbeatRecorded: () => ({
    ...{ class: "lifecycle", activity: 99, severity: "informational" },
    attributes: { app: { name: "Breakglass", vendor_name: "Breakglass" }, activity_name: "Heartbeat" },
  }),
  LedgerKeyChanged: () => ledger({ severity: "medium" }),
  InsightsReported: ({ event }) => ledger({ detail: `${event.data.uses} uses in ${event.data.month}` }),
  PolicyLoaded: ({ event }) => entity(3, { type: "Policy", uid: "policy", version: event.data.policy }),
  KeyChangeAsked: ({ event }) => key(3, event.data.change, { severity: "low" }),
  KeyChangeRefused: ({ event }) => key(3, event.data.change, { status: "failure" }),
  KeyInvited: ({ event }) => key(3, event.data.change),
  KeyEnrolled: ({ event: { data } }) =>
    account(10, { name: data.person, credential_uid: data.credential }, { ...SUCCESS, severity: "low" }),
  KeyRenamed: ({ event }) => key(3, event.data.credential),
  KeyRemoved: ({ event: { data } }) =>
    account(11, { name: data.person, credential_uid: data.credential }, { ...SUCCESS, severity: "low" }),
  KeyUsed: ({ event }) => key(3, event.data.credential),
  AccountSealed: ({ event }) => account(3, { name: event.data.account }, SUCCESS),
  AccountCheckedOut: ({ event }) => sealed(2, event.data, SUCCESS),
  AccountBurnt: ({ event }) => sealed(3, event.data, { severity: "medium" }),
  RotationReminded: ({ event }) => sealed(3, event.data, { severity: "low" }),
  AccountsExported: ({ event }) => entity(2, { type: "Sealed accounts", uid: event.data.export }, { severity: "high" }),
  OfflineOpened: ({ event }) =>
    finding("A sealed account was opened while nothing ran", event.data.opening, "high", resources(event.data.account)),
};

/**
 * What an event of the ledger is in OCSF.
 *
 * @param request - its request after it
 */
export function mapEvent(event: DomainEvent, id: string, request: RequestState | undefined): Mapped {
  const map = MAPS[event.type] as (seen: {
    event: DomainEvent;
    id: string;
    request: RequestState | undefined;
  }) => Mapped;
  return map({ event, id, request });
}

/** Something that a later version recorded, and this one doesn't know. */
export function mapUnknown(type: string, id: string): Mapped {
  return entity(3, { type, uid: id === "" ? "program" : id });
}
