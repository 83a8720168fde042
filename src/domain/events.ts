import { z } from "zod";
import type { Actor } from "./people.ts";
import { PROVEN_ACTIONS } from "../errors.ts";
import { drillSchema, scoreSchema, triedSchema } from "./drill.ts";
import { evidenceSchema } from "./proof.ts";
import { answersSchema, followUpSchema } from "./review.ts";
import { KINDS } from "./sql/classify.ts";
import { verdictSchema } from "./verdict.ts";

const ms = z.int();
const surfaces = z.object({
  thread: z.string().optional(),
  approvals: z.string().optional(),
  security: z.string().optional(),
});
/** How its requester gets in, without the secret: what their message in chat shows. */
const way = z.object({ user: z.string(), connect: z.string().optional() });
const handle = z.object({ request: z.string().optional(), name: z.string(), ref: z.string().optional() });

/** Why access ends. */
const cause = z.enum(["deadline", "ended", "ordered", "failed", "late"]);
export type Cause = z.output<typeof cause>;

/**
 * What each event carries, in the hashed part of its entry. Fields are added, never renamed: entries are for ever.
 * What people typed is not here but in the event's notes.
 */
export const EVENT_DATA = {
  /** `delivery` is the hash of the chat platform's own id of the call, so that a repeated one finds this request. */
  RequestOpened: z.object({
    requester: z.string(),
    target: z.string(),
    role: z.string(),
    durationMs: ms,
    verdict: verdictSchema,
    /** Slack's own, and beside them those of Teams. */
    channels: z.object({ ...surfaces.shape, teams: surfaces.optional() }),
    delivery: z.string().optional(),
    after: z.string().optional(),
    /** Present for a drill, and for nothing else. */
    drill: drillSchema.optional(),
  }),
  /** `proven`: by the proof that stands right before it. */
  ApprovalGiven: z.object({ votes: z.int(), quorum: z.int(), proven: z.boolean().optional() }),
  RequestDenied: z.object({}),
  RequestWithdrawn: z.object({}),
  RequestLapsed: z.object({}),
  RequestEscalated: z.object({ step: z.int(), to: z.array(z.string()), called: z.array(z.string()) }),
  EmergencyOffered: z.object({ maxMs: ms }),
  EmergencyInvoked: z.object({ durationMs: ms, proven: z.boolean().optional() }),
  /** A key of the actor's signed this request at this version. The signature stands here, so that anybody can check it again. */
  StepUpPassed: z.object({
    action: z.enum(PROVEN_ACTIONS),
    version: z.int(),
    nonce: z.string(),
    evidence: evidenceSchema,
  }),
  /** Somebody with the actor's link came with something else. */
  StepUpFailed: z.object({ action: z.enum(PROVEN_ACTIONS), problem: z.string() }),
  /** The deadline, epoch milliseconds: durable before the target is asked (promise P1). */
  GrantStarted: z.object({ attempt: z.int(), deadline: ms }),
  /**
   * The target can't be asked for a reason that is the program's own; told once for each reason. It is tried again until the deadline.
   */
  GrantHeld: z.object({ code: z.string(), problem: z.string() }),
  GrantSucceeded: z.object({
    ...{ attempt: z.int(), deadline: ms, handle, credential: z.boolean() },
    way: way.optional(),
  }),
  GrantFailed: z.object({ attempt: z.int(), code: z.string(), problem: z.string(), unknown: z.boolean() }),
  /**
   * Recorded before the secret leaves the program. `nonce` names the one-time link it was opened by, `proven` says that it was by the
   * proof that stands right before it. In a direct message it went out only by versions before the page.
   */
  CredentialRevealed: z.object({
    by: z.enum(["direct-message", "page"]),
    nonce: z.string().optional(),
    proven: z.boolean().optional(),
  }),
  /** Chat refuses the message with the credential; it is tried on for as long as access is on. */
  CredentialUndelivered: z.object({ by: z.enum(["direct-message"]), problem: z.string() }),
  /** The requester wants a fresh secret. `number` counts them: the first credential is 0. */
  CredentialRotationAsked: z.object({ number: z.int() }),
  CredentialRotationStarted: z.object({ number: z.int(), attempt: z.int() }),
  /** The target has another secret from here on, and takes the one before no longer. */
  CredentialRotated: z.object({ number: z.int(), attempt: z.int(), handle, way: way.optional() }),
  CredentialRotationFailed: z.object({
    ...{ number: z.int(), attempt: z.int(), code: z.string(), problem: z.string() },
    unknown: z.boolean(),
  }),
  /**
   * A part of what was run under the grant, added up: up to `recording.size` bytes of its file, whose SHA-256 that is. What was `running`
   * then, and ended `later`, is told with the part in which it ended. The texts of what is `shown`, masked, are in its notes, as are
   * the addresses that sessions came from. `more`: how many others of interest are in the recording.
   */
  CommandsObserved: z.object({
    ...{ by: z.enum(["gateway", "log", "sample"]), from: ms, to: ms, statements: z.int() },
    kinds: z.array(
      z.object({ kind: z.enum(KINDS), count: z.int(), rows: z.int().optional(), tables: z.array(z.string()) }),
    ),
    ...{ bytes: z.int(), errors: z.int(), running: z.int(), later: z.int(), sessions: z.array(z.string()) },
    shown: z.array(
      z.object({
        ...{ n: z.int(), at: ms, verbs: z.array(z.string()) },
        ...{ rows: z.int().optional(), error: z.string().optional() },
      }),
    ),
    more: z.int(),
    recording: z.object({ file: z.string(), size: z.int(), sha256: z.string(), statements: z.int() }),
  }),
  /**
   * Something fits a rule of anomalies, which is raised once a request. `facts`: those that the rule looks at, and no others; never a
   * statement's text. `statement`: its number in the recording that the digest before names.
   */
  AnomalyRaised: z.object({
    ...{ rule: z.string(), title: z.string() },
    level: z.enum(["informational", "low", "medium", "high", "critical"]),
    action: z.enum(["tell", "page", "end"]),
    facts: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.array(z.string())])),
    statement: z.int().optional(),
  }),
  ExpiryWarned: z.object({ leftMs: ms }),
  RevokeStarted: z.object({ cause, endAt: ms }),
  RevokeFailed: z.object({ attempt: z.int(), code: z.string(), problem: z.string() }),
  RevokeOverdue: z.object({ stage: z.enum(["page", "by-hand"]), lateMs: ms, commands: z.array(z.string()) }),
  /**
   * `goneAt`: when it was checked at the target, epoch milliseconds, where that could only be entered afterwards. `secret`: what
   * became of one that is the same before and after; absent where the access had a principal of its own. `revokedAt`, of drills alone:
   * when the target had taken it away, before it was read back.
   */
  RevokeSucceeded: z.object({
    ...{ lateMs: ms, attempt: z.int(), done: z.array(z.string()), goneAt: ms.optional() },
    revokedAt: ms.optional(),
    secret: z.enum(["unopened", "burnt", "rotated"]).optional(),
  }),
  /** A drill's credential was used as a person would use it, by the program itself. */
  DrillTried: triedSchema,
  /** How a drill went, when it is over. */
  DrillScored: scoreSchema,
  /** Access was given and is over: somebody is asked whether that was right. `reviewer` is absent where there was nobody fit. */
  ReviewOpened: z.object({ reviewer: z.string().optional(), by: z.array(z.string()), dueAt: ms }),
  ReviewReminded: z.object({ overdue: z.boolean(), leftMs: ms }),
  /** Its notes hold what would make the access unnecessary, and what the follow-ups are. */
  ReviewSubmitted: z.object({ ...answersSchema.shape, followUps: z.array(followUpSchema) }),
  FollowUpReminded: z.object({ nth: z.int() }),
  /** It was given to the tracker that follow-ups are sent to. */
  FollowUpSent: z.object({ nth: z.int() }),
  FollowUpDone: z.object({ nth: z.int() }),
  /** The target no longer has the access, and nobody here ended it. */
  DriftFound: z.object({ handle }),
  /** Access of ours at a target that no live grant explains. */
  OrphanFound: z.object({ target: z.string(), handle }),
  OrphanRevokeFailed: z.object({
    ...{ target: z.string(), handle, code: z.string(), problem: z.string() },
    commands: z.array(z.string()),
  }),
  OrphanRevoked: z.object({ target: z.string(), handle, done: z.array(z.string()) }),
  /** Redis had lost these entries, and they were written again from a mirror. */
  LedgerRecovered: z.object({ from: z.int(), to: z.int(), cause: z.enum(["emptied", "shortened"]) }),
  /** The policy has a new drill, or has one in another name or at other times. `dueAt`: when it runs next. */
  DrillPlanned: z.object({ target: z.string(), role: z.string(), person: z.string(), everyMs: ms, dueAt: ms }),
  /** People are told that it comes. */
  DrillAnnounced: z.object({ target: z.string(), role: z.string(), dueAt: ms }),
  /** Its time is past, and it did not run. `problem`: why it can't be begun, where that is known. */
  DrillMissed: z.object({
    ...{ target: z.string(), role: z.string(), dueAt: ms },
    ...{ code: z.string().optional(), problem: z.string().optional() },
  }),
  /** A target does not pass its check any more, or does again. */
  TargetCheckFailed: z.object({ target: z.string(), problems: z.array(z.string()) }),
  TargetCheckPassed: z.object({ target: z.string() }),
  /** From this entry on Redis and a mirror hold two chains. */
  LedgerForked: z.object({ seq: z.int() }),
  /** Nothing else was recorded for an hour: so a silence in the ledger means that nothing ran. */
  HeartbeatRecorded: z.object({}),
  /** Another key signs checkpoints from now on. `checkpoint` is of the entries before this one, signed by both. */
  LedgerKeyChanged: z.object({ from: z.string(), to: z.string(), checkpoint: z.string() }),
  /** A month is over, and what it came to is told: the post is added up from the entries themselves. `from` and `to`, epoch milliseconds. */
  InsightsReported: z.object({
    ...{ month: z.string(), from: ms, to: ms, timeZone: z.string(), requests: z.int(), uses: z.int() },
  }),
  PolicyLoaded: z.object({ policy: z.string(), targets: z.int() }),
  /** Somebody asks that a person's keys change; `change` is the name of it. */
  KeyChangeAsked: z.object({
    ...{ change: z.string(), kind: z.enum(["add", "remove"]), person: z.string() },
    credential: z.string().optional(),
  }),
  KeyChangeRefused: z.object({ change: z.string() }),
  /** From here on the person may enrol one key. `alone`: nobody else could have confirmed it. */
  KeyInvited: z.object({ change: z.string(), person: z.string(), alone: z.boolean().optional() }),
  /** The public half of a key: COSE, base64url. What it signs later is checked against this. */
  KeyEnrolled: z.object({
    ...{ change: z.string(), person: z.string(), credential: z.string(), publicKey: z.string(), counter: z.int() },
    /** What kind of key it says it is (AAGUID), and whether a passkey that is copied between devices. */
    ...{ model: z.string(), synced: z.boolean(), transports: z.array(z.string()), attestation: z.string() },
    ...{ rpId: z.string(), origin: z.string() },
  }),
  KeyRenamed: z.object({ person: z.string(), credential: z.string() }),
  KeyRemoved: z.object({
    change: z.string(),
    person: z.string(),
    credential: z.string(),
    alone: z.boolean().optional(),
  }),
  /** A key that counts its signatures signed: from here on it must have counted further. */
  KeyUsed: z.object({ credential: z.string(), counter: z.int() }),
  /** A new secret of a sealed account is in the vault. The number tells one secret from the next. */
  AccountSealed: z.object({ account: z.string(), generation: z.int(), how: z.enum(["put", "rotate", "command"]) }),
  /** From here on a request alone has it: recorded before the secret is opened. */
  AccountCheckedOut: z.object({
    ...{ account: z.string(), generation: z.int(), request: z.string(), person: z.string(), deadline: ms },
  }),
  /** Its time is over, somebody was handed the secret, and it is still the target's. */
  AccountBurnt: z.object({
    ...{ account: z.string(), generation: z.int() },
    ...{ request: z.string().optional(), person: z.string().optional() },
  }),
  /** It is a person's to rotate, and nobody has yet. */
  RotationReminded: z.object({ account: z.string(), generation: z.int(), nth: z.int(), burntAt: ms }),
  /** Copies that so many shares open together, for the day when nothing runs. `publicKey`: what is written at such an opening is signed for it (Ed25519, SPKI, base64). */
  AccountsExported: z.object({
    ...{ export: z.string(), shares: z.int(), threshold: z.int(), publicKey: z.string() },
    accounts: z.array(z.object({ account: z.string(), generation: z.int() })),
  }),
  /** A copy was opened while nothing ran; this was written then, and is told now. `opening`: the hash of what was written. */
  OfflineOpened: z.object({
    ...{ account: z.string(), generation: z.int(), export: z.string(), opening: z.string() },
    ...{ openedAt: ms, shares: z.array(z.int()) },
  }),
} as const;

export type EventType = keyof typeof EVENT_DATA;
export type EventData<T extends EventType> = z.output<(typeof EVENT_DATA)[T]>;

/** An event, as decided and not yet recorded. */
export type NewEvent = {
  [T in EventType]: {
    readonly type: T;
    readonly actor: Actor;
    readonly data: EventData<T>;
    /** What a person typed, by name; kept beside the hashed part so that it can be erased. */
    readonly notes?: Readonly<Record<string, string>>;
  };
}[EventType];

/** A recorded event: where and when it stands. */
export type DomainEvent = NewEvent & {
  readonly seq: number;
  /** Epoch milliseconds. */
  readonly at: number;
  /** The hash of its entry. */
  readonly hash: string;
};

/** What stands where an erased text was. */
export const ERASED = "(erased)";

/** What happens to the program itself or to people's keys. */
const OF_NO_REQUEST = [
  "OrphanFound",
  "OrphanRevokeFailed",
  "OrphanRevoked",
  "DrillPlanned",
  "DrillAnnounced",
  "DrillMissed",
  "TargetCheckFailed",
  "TargetCheckPassed",
  "LedgerRecovered",
  "LedgerForked",
  "HeartbeatRecorded",
  "LedgerKeyChanged",
  "InsightsReported",
  "PolicyLoaded",
  "KeyChangeAsked",
  "KeyChangeRefused",
  "KeyInvited",
  "KeyEnrolled",
  "KeyRenamed",
  "KeyRemoved",
  "KeyUsed",
  "AccountSealed",
  "AccountCheckedOut",
  "AccountBurnt",
  "RotationReminded",
  "AccountsExported",
  "OfflineOpened",
] as const satisfies readonly EventType[];

/** An event that happens to a request. */
export type RequestEvent = Exclude<DomainEvent, { type: (typeof OF_NO_REQUEST)[number] }>;

export function isOfRequest(event: DomainEvent): event is RequestEvent {
  return !(OF_NO_REQUEST as readonly EventType[]).includes(event.type);
}
