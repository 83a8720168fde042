/**
 * Every code the program can answer with, and what it means in one line.
 * `docs/errors.md` explains each to the reader; a test holds the two equal.
 */
export const CODES = {
  // Asking
  BAD_USAGE: "The command or its options can't be understood.",
  TARGET_UNKNOWN: "No target of that name is in the policy, or none this person may see.",
  ROLE_NOT_ALLOWED: "The person may not ask for this role on this target.",
  DURATION_INVALID: "The duration can't be read, or is longer than the role allows.",
  JUSTIFICATION_MISSING: "A request needs a justification.",
  JUSTIFICATION_TOO_LONG: "The justification is longer than is kept.",
  REQUEST_DUPLICATE: "The same person already waits for the same role on the same target.",
  REQUEST_UNKNOWN: "No request has this id.",
  FACTS_MISSING: "Policy approves this by itself only on facts, and not all of them hold.",
  QUORUM_UNREACHABLE: "The listed approvers can't reach the quorum without the requester.",

  // Drills
  DRILL_UNKNOWN: "The policy has no such drill.",
  DRILL_NOT_ALLOWED: "The person may not begin this drill.",
  DRILL_CREDENTIAL: "A drill's access is handed to nobody.",

  // People
  PERSON_UNKNOWN: "The chat account is not bound to a person in the policy.",
  ACCOUNT_REFUSED: "Guest, external, deactivated and bot accounts can do nothing here.",
  ACCOUNT_UNVERIFIED: "The chat platform could not say what kind of account this is.",
  PLATFORM_MISMATCH: "The call comes from another app, workspace or organisation.",

  // Deciding
  OWN_REQUEST: "Nobody approves their own request.",
  NOT_APPROVER: "The person is not an approver of this request now.",
  NOT_REQUESTER: "Only the requester can do this.",
  ALREADY_VOTED: "The person's approval is already counted.",
  ALREADY_DECIDED: "The request is decided; the answer says how.",
  EMERGENCY_NOT_OPEN: "The emergency path is not open for this request, or not yet.",
  NOT_ACTIVE: "There is no access to end.",
  REASON_MISSING: "A denial and a revoke need a reason.",

  NOT_CONFIRMED: "The requester has not confirmed the request with a key yet.",

  // Reviewing
  REVIEW_NOT_OPEN: "The request has no review, or it is done.",
  NOT_REVIEWER: "The person can't review this: they asked, approved, or are none of the reviewers.",
  REVIEW_INVALID: "The review's answers are incomplete.",
  REVIEW_OVERDUE: "An overdue review holds the team's requests up.",
  FOLLOW_UP_UNKNOWN: "There is no such open follow-up.",
  FOLLOW_UP_UNSENT: "A follow-up could not be given to the tracker.",
  SIEM_UNSENT: "Events could not be given to the SIEM.",
  NOT_CONCERNED: "The person has nothing to do with the request, and may not see its record.",

  // Security keys
  STEP_UP_NEEDED: "A click is not enough: it takes a confirmation with a key.",
  STEP_UP_NO_KEY: "The person has no key enrolled.",
  STEP_UP_STALE: "The request moved on while it was being confirmed.",
  STEP_UP_FAILED: "What came as a confirmation is none.",
  STEP_UP_LINK: "The one-time link is unknown, used or too old.",
  STEP_UP_THROTTLED: "Too many tries in a short time.",
  NOT_ADMIN: "Only an administrator of the policy can do this, and not for themselves.",
  KEY_UNKNOWN: "The person has no key of that name.",
  KEY_NAME_TAKEN: "The person has another key of that name.",
  KEY_CHANGE_PENDING: "The same change of keys waits to be confirmed.",
  KEY_CHANGE_OVER: "The change of keys is decided, or too old.",
  KEY_REFUSED: "The key can't be enrolled.",

  // Configuration
  CONFIG_INVALID: "The environment is incomplete or wrong.",
  POLICY_INVALID: "The policy file has problems; each is listed with its line.",
  POLICY_UNREADABLE: "The policy file can't be read.",
  ANOMALY_RULES_INVALID: "The rules of anomalies can't be read, or have problems; each is listed.",
  PROVIDER_UNKNOWN: "The policy names a kind of target that this program doesn't have.",

  // The ledger and its Redis
  LEDGER_UNAVAILABLE: "The ledger can't record, so nothing can be granted.",
  LEDGER_CONFLICT: "Too many others wrote at the same moment.",
  LEDGER_BROKEN: "The ledger's chain does not verify.",
  LEDGER_EMPTY: "There is no entry in what was to be checked.",
  LEDGER_FORK: "The ledger and its mirror disagree about one entry.",
  ENTRY_INVALID: "An entry is not of a known form, too large, or not canonical.",
  REDIS_UNSAFE: "Redis is not set up to keep what it acknowledges.",
  REDIS_UNREACHABLE: "The Redis of REDIS_URL can't be used.",
  REDIS_MISSING: "No Redis server was found, and none could be fetched.",
  REDIS_FAILED: "The private Redis server did not start, or does not answer.",
  POSTGRES_MISSING: "The demo's own Postgres server is not installed or did not start.",
  MIRROR_UNWRITABLE: "The mirror file can't be written.",

  LEDGER_KEY_INVALID: "The key that signs checkpoints is missing, malformed or readable by others.",

  // Secrets
  VAULT_KEY_INVALID: "The vault key is missing, malformed or readable by others.",
  VAULT_KEY_UNREACHABLE: "The vault's key is kept elsewhere, and can't be asked.",
  SEAL_BROKEN: "A sealed secret can't be opened with this key, or was altered.",
  SEAL_CONFLICT: "Somebody else sealed the same account at the same moment.",
  CREDENTIAL_NONE: "There is no credential to open.",
  CREDENTIAL_OPENED: "The credential was opened already, and is shown once.",
  CREDENTIAL_ROTATING: "A fresh credential is being made.",
  CREDENTIAL_LIMIT: "The credential was opened or replaced too often.",

  // Sealed accounts
  SEALED_UNKNOWN: "No account of that name is sealed.",
  SEALED_OUT: "Somebody has the sealed account checked out.",
  SEALED_BURNT: "The sealed account's password is known to somebody, and was not rotated yet.",
  SHARE_INVALID: "A share is mistyped or of another export, or there are too few.",
  OFFLINE_JOURNAL: "What is written of an opening offline can't be written, or does not hold.",

  // Targets
  TARGET_REFUSED: "The target refused what it was asked.",
  TARGET_UNREACHABLE: "The target can't be reached.",
  TARGET_TIMEOUT: "The target did not answer in time; what it did is unknown.",
  NOT_GONE: "The target still has the access, or live sessions of it, after a revoke.",
  TOO_LATE: "The access was not started before its own deadline.",

  // What was run
  RECORDING_UNWRITABLE: "What is run under a grant can't be recorded, so nothing may be run.",

  // Insights
  PICTURE_FAILED: "No pictures can be drawn on this machine.",

  // Chat
  CHAT_BUSY: "The chat platform asks to wait.",
  CHAT_FAILED: "The chat platform refused or could not be reached.",
  SIGNATURE_INVALID: "A call's signature is missing, wrong, too old or from the future.",
  REPLAYED: "The same signed call was already received.",
  INTERNAL: "Something unforeseen; the log has the details.",
} as const satisfies Record<string, string>;

/** One of the codes in {@link CODES}. */
export type Code = keyof typeof CODES;

/** An error that names its code and tells the reader what to do next. Its texts are fit to be shown: they hold no secret. */
export class CodedError extends Error {
  readonly code: Code;
  /** What the reader can do next; empty when the message says it all. */
  readonly next: string;

  /**
   * @param code - one of {@link CODES}
   * @param message - what happened, in a sentence
   * @param options - `next`: what to do about it; `cause`: the error behind it
   */
  constructor(code: Code, message: string, options: { next?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.next = options.next ?? "";
  }
}

/** The answer to a person is no. Nothing was changed. */
export class Refusal extends CodedError {}

/** What a person can be asked to confirm with a key: their own request, an approval, going ahead alone, a change of keys, a look at a secret. */
export const PROVEN_ACTIONS = ["ask", "approve", "break-glass", "confirm-key", "reveal"] as const;
export type ProvenAction = (typeof PROVEN_ACTIONS)[number];

const KEY_NEEDED = "A click is not enough here: confirm it with your security key or passkey.";
const REVEAL_NEEDED = "A secret never stands in chat: it is shown on a page, to you alone.";

/** Not yet: it takes one of our pages, and mostly a key. Whoever shows it shows it to that person only, because it holds a link. */
export class StepUpNeeded extends Refusal {
  /** What is to be confirmed. */
  readonly action: ProvenAction;
  /** Where, once; absent until somebody made a link. */
  readonly link: string | undefined;

  /**
   * @param action - what is to be confirmed
   * @param link - a one-time web address
   */
  constructor(action: ProvenAction, link?: string) {
    super("STEP_UP_NEEDED", action === "reveal" ? REVEAL_NEEDED : KEY_NEEDED, {
      next: link === undefined ? "" : `Within 5 minutes, at ${link}`,
    });
    this.action = action;
    this.link = link;
  }
}

/**
 * Whatever was thrown, as a {@link CodedError}: what isn't one becomes `INTERNAL`, whose message hides the cause,
 * because a stranger's error text may carry a connection string.
 *
 * @param thrown - anything caught
 */
export function asCoded(thrown: unknown): CodedError {
  if (thrown instanceof CodedError) return thrown;
  return new CodedError("INTERNAL", "Something unforeseen went wrong.", {
    next: "Try again; if it stays, look for INTERNAL in the log.",
    cause: thrown,
  });
}
