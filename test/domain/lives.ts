import type { Source, StatementEnded } from "../../src/domain/activity.ts";
import { CLOCK } from "../../src/domain/people.ts";
import type { EventData } from "../../src/domain/events.ts";
import { recordedBegun, recordedEnded } from "../../src/domain/recorded.ts";
import { Tally } from "../../src/domain/tally.ts";
import { evidenceOf, guarded, KEYS, keyOf } from "./keyholders.ts";
import { begun } from "./drill-policy.ts";
import { approvedBy, at, by, granted, MINUTE, opened, SECOND, stateOf, T0, type Happened } from "./given.ts";

const clock = (after: number, event: Omit<Happened["event"], "actor">): Happened =>
  at(after, { ...event, actor: CLOCK } as Happened["event"]);

const gone = (after: number, lateMs: number, done: string[], attempt = 1, secret?: "unopened" | "burnt" | "rotated") =>
  clock(after, { type: "RevokeSucceeded", data: { lateMs, attempt, done, secret } });
const HOUR = 60 * MINUTE;
const ENDED = 16 * MINUTE;
const DONE = ["role removed", "2 connections closed"];

/** Approved by one person, used, warned, and ended at its deadline. */
export const TO_ITS_DEADLINE: readonly Happened[] = [
  opened(),
  approvedBy("carol", 32 * SECOND),
  ...granted(15 * MINUTE + 32 * SECOND, 32 * SECOND + 10),
  at(33 * SECOND, { type: "CredentialRevealed", actor: by("alice"), data: { by: "direct-message" } }),
  clock(12 * MINUTE + 32 * SECOND, { type: "ExpiryWarned", data: { leftMs: 3 * MINUTE } }),
  clock(15 * MINUTE + 32 * SECOND, {
    type: "RevokeStarted",
    data: { cause: "deadline", endAt: T0 + 15 * MINUTE + 32 * SECOND },
  }),
  gone(15 * MINUTE + 32 * SECOND + 340, 340, DONE),
];

/** Everything that can happen in one request that goes wrong in every way and ends well. */
export const WITH_EVERY_TROUBLE: readonly Happened[] = [
  opened({ after: "BG-000001", thread: "C0INC42" }),
  clock(5 * MINUTE, { type: "RequestEscalated", data: { step: 1, to: ["chiefs"], called: ["erin"] } }),
  clock(10 * MINUTE, { type: "EmergencyOffered", data: { maxMs: 5 * MINUTE } }),
  at(11 * MINUTE, { type: "EmergencyInvoked", actor: by("alice"), data: { durationMs: 5 * MINUTE } }),
  clock(11 * MINUTE, { type: "GrantStarted", data: { attempt: 1, deadline: T0 + 16 * MINUTE } }),
  clock(12 * MINUTE, { type: "GrantStarted", data: { attempt: 2, deadline: T0 + 16 * MINUTE } }),
  clock(12 * MINUTE + 200, {
    type: "GrantSucceeded",
    data: {
      attempt: 2,
      deadline: T0 + 16 * MINUTE,
      handle: { request: "BG-7K3M2Q", name: "bg_7k3m2q", ref: "16411" },
      credential: true,
    },
  }),
  at(12 * MINUTE + SECOND, {
    type: "CredentialUndelivered",
    actor: by("alice"),
    data: { by: "direct-message", problem: "Slack refused a direct message: cannot_dm_bot." },
  }),
  at(13 * MINUTE, {
    type: "RevokeStarted",
    actor: by("carol"),
    data: { cause: "ordered", endAt: T0 + 13 * MINUTE },
    notes: { reason: "wrong database" },
  }),
  ...[1, 2].map((attempt) =>
    clock(13 * MINUTE + attempt * SECOND, {
      type: "RevokeFailed",
      data: { attempt, code: "TARGET_UNREACHABLE", problem: "orders-db can't be reached (ECONNREFUSED)." },
    }),
  ),
  clock(14 * MINUTE, { type: "RevokeOverdue", data: { stage: "page", lateMs: MINUTE, commands: [] } }),
  clock(18 * MINUTE, {
    type: "RevokeOverdue",
    data: {
      stage: "by-hand",
      lateMs: 5 * MINUTE,
      commands: ['ALTER ROLE "bg_7k3m2q" NOLOGIN;', 'DROP ROLE "bg_7k3m2q";'],
    },
  }),
  gone(18 * MINUTE + 20 * SECOND, 320_000, DONE, 3),
];

const EDITOR = opened({ target: "status-page", role: "editor" });

const FAILED: readonly Happened[] = [
  EDITOR,
  clock(10, { type: "GrantStarted", data: { attempt: 1, deadline: T0 + 60 * MINUTE } }),
  clock(30 * SECOND, {
    type: "GrantFailed",
    data: { attempt: 1, code: "TARGET_TIMEOUT", problem: "The target did not answer in time.", unknown: true },
  }),
  gone(31 * SECOND, 1_000, []),
];

const IN_THE_BUDGET = opened({ role: "reader" });
const earlier = stateOf(IN_THE_BUDGET, ...granted(30 * MINUTE), gone(30 * MINUTE, 0, DONE));

const ASKED_WITH_A_KEY = opened({ role: "owner" }, { policy: guarded, keys: KEYS });

function passed(person: string, action: "ask" | "approve", after: number, version: number): Happened {
  const data = { action, version, nonce: "nonce", evidence: evidenceOf(keyOf(person)) };
  return at(after, { type: "StepUpPassed", actor: by(person), data });
}

type Ran = Readonly<
  { sql: string; session?: string } & ({ ended?: StatementEnded } | { began: number; ended: StatementEnded })
>;

/** What was run, as its digest is recorded. */
export function ran(after: number, statements: readonly Ran[], by: Source = "gateway"): Happened {
  const tally = new Tally();
  for (const [index, each] of statements.entries()) {
    const { sql, session = "1", ended } = each;
    const began = "began" in each ? each.began : undefined;
    const begun = recordedBegun(began ?? index + 10, { at: T0 + after, session, from: "10.0.0.7", sql }, ["email"]);
    if (began === undefined) tally.add(begun);
    if (ended !== undefined) tally.add(recordedEnded(begun, ended));
  }
  const file = "BG-7K3M2Q.a1b2c3d4-1.ndjson";
  const { data, notes } = tally.digest(by, { file, size: 1_000 + after, sha256: "ab".repeat(32) });
  return at(after, { type: "CommandsObserved", actor: CLOCK, data, notes });
}

function raised(
  title: string,
  level: EventData<"AnomalyRaised">["level"],
  action: EventData<"AnomalyRaised">["action"],
  facts: EventData<"AnomalyRaised">["facts"],
): Omit<Happened["event"], "actor"> {
  return { type: "AnomalyRaised", data: { rule: `rule of ${title}`, title, level, action, facts } };
}

const rows = (many: number, ms = 3) => ({ ended: { ms, rows: many } });
const USED: readonly Happened[] = [
  ...TO_ITS_DEADLINE.slice(0, 5),
  ran(2 * MINUTE, [
    ...[1, 2, 3, 4, 5].map(() => ({ sql: "SELECT * FROM orders WHERE status = 'stuck'", ...rows(97) })),
    { sql: "UPDATE orders SET status = 'queued'\nWHERE status = 'stuck'", ...rows(97) },
  ]),
  ran(3 * MINUTE, [
    { sql: "BEGIN", ended: { ms: 1 } },
    { sql: "SET search_path = app", ended: { ms: 1 } },
    { sql: "UPDATE people SET email = 'a@b.test' WHERE id = 3", ...rows(1) },
    { sql: "DROP TABLE orders", ended: { ms: 1, error: { code: "42501", message: "must be owner" } } },
    { sql: "hunter2", ended: { ms: 1, error: { code: "42601", message: "syntax error" } } },
    { sql: "GRANT SELECT ON a, b, c, d TO alice; COMMIT", ended: { ms: 1, error: { code: "", message: "cut off" } } },
    { sql: "DELETE FROM <!channel>`; ```", session: "2" },
    ...[1, 2, 3, 4, 5].map(() => ({ sql: "INSERT INTO a SELECT * FROM b", ...rows(1) })),
  ]),
  ran(4 * MINUTE, [{ sql: "DELETE FROM lines", began: 3, ...rows(12_000, 60_000) }]),
  clock(
    4 * MINUTE + SECOND,
    raised("A statement changes every row", "high", "page", { kind: "DELETE", everyRow: true }),
  ),
  clock(4 * MINUTE + 2 * SECOND, raised("First time on this target", "informational", "tell", { firstOnTarget: true })),
  clock(4 * MINUTE + 3 * SECOND, raised("A table `<!channel>`", "low", "tell", { tables: ["a", "<!here>"] })),
  clock(4 * MINUTE + 4 * SECOND, raised("A program was run", "critical", "end", {})),
  ran(5 * MINUTE, [{ sql: "SELECT 1" }], "sample"),
  ran(6 * MINUTE, [{ sql: "SELECT 1" }, { sql: "SELECT 1" }], "log"),
];

/** The other ways a request can go, by name. */
export const LIVES = {
  "to-its-deadline": TO_ITS_DEADLINE,
  "with-every-trouble": WITH_EVERY_TROUBLE,
  "by-two": [
    opened({ role: "owner" }),
    approvedByOf("bob", 1, 2),
    approvedByOf("carol", 2, 2),
    ...granted(11 * MINUTE, MINUTE),
  ],
  "with-what-was-run": USED,
  denied: [
    opened(),
    at(MINUTE, { type: "RequestDenied", actor: by("carol"), data: {}, notes: { reason: "use the replica" } }),
  ],
  withdrawn: [opened(), at(MINUTE, { type: "RequestWithdrawn", actor: by("alice"), data: {} })],
  lapsed: [opened({ role: "owner" }), clock(30 * MINUTE, { type: "RequestLapsed", data: {} })],
  "in-the-budget": [IN_THE_BUDGET, ...granted(30 * MINUTE, SECOND)],
  "over-the-budget": [opened({ role: "reader" }, { earlier: [earlier, earlier] })],
  "ended-early": [
    ...TO_ITS_DEADLINE.slice(0, 4),
    at(5 * MINUTE, { type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + 5 * MINUTE } }),
    gone(5 * MINUTE + 300, 300, DONE),
  ],
  "a-secret-that-burns": [
    ...TO_ITS_DEADLINE.slice(0, 7),
    gone(15 * MINUTE + 32 * SECOND + 100, 100, ["check-out ended"], 1, "burnt"),
  ],
  "a-secret-that-is-rotated": [
    ...TO_ITS_DEADLINE.slice(0, 7),
    gone(15 * MINUTE + 34 * SECOND, 2_000, ["rotated by its command (generation 2)"], 1, "rotated"),
  ],
  "a-secret-that-nobody-saw": [
    ...TO_ITS_DEADLINE.slice(0, 4),
    ...TO_ITS_DEADLINE.slice(5, 7),
    gone(15 * MINUTE + 32 * SECOND + 100, 100, ["check-out ended"], 1, "unopened"),
  ],
  drifted: [
    ...TO_ITS_DEADLINE.slice(0, 4),
    clock(5 * MINUTE, { type: "DriftFound", data: { handle: { request: "BG-7K3M2Q", name: "bg_7k3m2q" } } }),
    ...TO_ITS_DEADLINE.slice(5, 7),
    gone(15 * MINUTE + 32 * SECOND + 100, 100, ["role was already gone", "no connection was open"]),
  ],
  "given-too-late": [
    ...TO_ITS_DEADLINE.slice(0, 3),
    at(MINUTE, { type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + MINUTE } }),
    gone(MINUTE + 100, 100, []),
    ...TO_ITS_DEADLINE.slice(3, 4).map(({ event }) => ({ after: 2 * MINUTE, event })),
    gone(2 * MINUTE + 300, 300, DONE),
  ],
  "with-keys": [
    ASKED_WITH_A_KEY,
    passed("alice", "ask", 20 * SECOND, 1),
    at(40 * SECOND, {
      type: "StepUpFailed",
      actor: by("carol"),
      data: { action: "approve", problem: "It was made with a key that is not theirs." },
    }),
    passed("bob", "approve", MINUTE, 3),
    at(MINUTE, { type: "ApprovalGiven", actor: by("bob"), data: { votes: 1, quorum: 2, proven: true } }),
    passed("carol", "approve", 2 * MINUTE, 5),
    at(2 * MINUTE, { type: "ApprovalGiven", actor: by("carol"), data: { votes: 2, quorum: 2, proven: true } }),
    ...granted(12 * MINUTE, 2 * MINUTE),
  ],
  "rotated-and-opened-by-key": [
    ...TO_ITS_DEADLINE.slice(0, 4),
    at(35 * SECOND, {
      type: "CredentialRevealed",
      actor: by("alice"),
      data: { by: "page", nonce: "n1", proven: true },
    }),
    at(37 * SECOND, { type: "CredentialRevealed", actor: by("alice"), data: { by: "page", nonce: "n2" } }),
    at(50 * SECOND, { type: "CredentialRotationAsked", actor: by("alice"), data: { number: 1 } }),
    clock(50 * SECOND, { type: "CredentialRotationStarted", data: { number: 1, attempt: 1 } }),
    clock(60 * SECOND, {
      type: "CredentialRotationFailed",
      data: { number: 1, attempt: 1, code: "TARGET_TIMEOUT", problem: "It did not answer in time.", unknown: true },
    }),
    at(70 * SECOND, { type: "CredentialRotationAsked", actor: by("alice"), data: { number: 2 } }),
    clock(70 * SECOND, { type: "CredentialRotationStarted", data: { number: 2, attempt: 1 } }),
    clock(110 * SECOND, { type: "CredentialRotationStarted", data: { number: 2, attempt: 2 } }),
    clock(111 * SECOND, {
      type: "CredentialRotated",
      data: { number: 2, attempt: 2, handle: { request: "BG-7K3M2Q", name: "bg_7k3m2q" }, way: { user: "bg_7k3m2q" } },
    }),
    at(120 * SECOND, { type: "CredentialRevealed", actor: by("alice"), data: { by: "page", nonce: "n3" } }),
    at(130 * SECOND, { type: "CredentialRotationAsked", actor: by("alice"), data: { number: 3 } }),
    clock(130 * SECOND, { type: "CredentialRotationStarted", data: { number: 3, attempt: 1 } }),
    at(131 * SECOND, { type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + 131 * SECOND } }),
    gone(131 * SECOND + 200, 200, DONE),
    clock(135 * SECOND, {
      type: "CredentialRotated",
      data: { number: 3, attempt: 1, handle: { request: "BG-7K3M2Q", name: "bg_7k3m2q" } },
    }),
    gone(135 * SECOND + 200, 200, DONE),
  ],
  "never-confirmed": [ASKED_WITH_A_KEY, clock(15 * MINUTE, { type: "RequestLapsed", data: {} })],
  failed: FAILED,
  "held-up": [
    EDITOR,
    clock(10, {
      type: "GrantHeld",
      data: { code: "LEDGER_FORK", problem: "Redis and the mirror disagree about entry 1234." },
    }),
    clock(20 * MINUTE, { type: "GrantStarted", data: { attempt: 1, deadline: T0 + 60 * MINUTE } }),
    clock(20 * MINUTE + 10, {
      type: "GrantHeld",
      data: { code: "MIRROR_UNWRITABLE", problem: "The mirror can't be written." },
    }),
    clock(30 * MINUTE, { type: "GrantStarted", data: { attempt: 2, deadline: T0 + 60 * MINUTE } }),
  ],
  "never-begun": [
    EDITOR,
    clock(60 * MINUTE, {
      type: "GrantFailed",
      data: { attempt: 1, code: "TOO_LATE", problem: "no worker came to it before its own deadline.", unknown: false },
    }),
    gone(60 * MINUTE + 100, 100, []),
  ],
  reviewed: [
    ...TO_ITS_DEADLINE,
    clock(ENDED, {
      type: "ReviewOpened",
      data: { reviewer: "bob", by: ["leads"], dueAt: T0 + ENDED + 24 * HOUR },
    }),
    clock(ENDED + 18 * HOUR, { type: "ReviewReminded", data: { overdue: false, leftMs: 6 * HOUR } }),
    clock(ENDED + 24 * HOUR, { type: "ReviewReminded", data: { overdue: true, leftMs: 0 } }),
    at(ENDED + 25 * HOUR, {
      type: "ReviewSubmitted",
      actor: by("bob"),
      data: {
        ...{ use: "misuse", needed: "no", duration: "too-long", scope: "too-wide" },
        followUps: [
          { owner: "alice", due: "2026-12-01" },
          { owner: "carol", due: "2026-12-08" },
        ],
      },
      notes: { prevention: "A dashboard.", "follow-up 1": "build it", "follow-up 2": "take the role away" },
    }),
    clock(ENDED + 25 * HOUR + 5 * SECOND, { type: "FollowUpSent", data: { nth: 1 } }),
    clock(9 * 24 * HOUR, { type: "FollowUpReminded", data: { nth: 1 } }),
    at(10 * 24 * HOUR, { type: "FollowUpDone", actor: by("alice"), data: { nth: 1 } }),
  ],
  drill: [
    begun("owner"),
    at(100, { type: "ApprovalGiven", actor: { person: "marshal", via: "clock" }, data: { votes: 1, quorum: 1 } }),
    ...granted(2 * MINUTE + 100, 150),
    clock(500, {
      type: "DrillTried",
      data: { works: "yes", what: "bg_7k3m2q logged in, as a member of orders_owner" },
    }),
    clock(500, { type: "RevokeStarted", data: { cause: "ended", endAt: T0 + 500 } }),
    clock(900, {
      type: "RevokeSucceeded",
      data: { lateMs: 400, attempt: 1, done: ["role removed"], revokedAt: T0 + 800 },
    }),
    clock(950, {
      type: "DrillScored",
      data: {
        ...{ passed: true, lateMs: 400, revokes: 1 },
        steps: { approved: 100, granted: 350, works: 500, revoked: 800, checked: 900 },
      },
    }),
  ],
  "drill-nobody-answered": [
    begun(),
    clock(5 * MINUTE, { type: "RequestEscalated", data: { step: 1, to: ["chiefs"], called: ["erin"] } }),
    clock(30 * MINUTE, { type: "RequestLapsed", data: {} }),
    clock(30 * MINUTE, { type: "DrillScored", data: { passed: false, failure: "lapsed", steps: {} } }),
  ],
  "drill-does-not-work": [
    begun(),
    approvedBy("carol", 32 * SECOND),
    ...granted(5 * MINUTE + 32 * SECOND, 32 * SECOND),
    clock(33 * SECOND, {
      type: "DrillTried",
      data: { works: "no", code: "TARGET_UNREACHABLE", problem: "Postgres can't be reached: ECONNREFUSED." },
    }),
    clock(33 * SECOND, { type: "RevokeStarted", data: { cause: "ended", endAt: T0 + 33 * SECOND } }),
    gone(34 * SECOND, 1_000, DONE),
    clock(34 * SECOND, {
      type: "DrillScored",
      data: {
        ...{ passed: false, failure: "not-working", lateMs: 1_000, revokes: 1 },
        steps: { approved: 32_000, granted: 32_200, checked: 34_000 },
      },
    }),
  ],
  "drill-of-a-target-without-a-way-in": [
    begun(),
    approvedBy("carol", 32 * SECOND),
    ...granted(5 * MINUTE + 32 * SECOND, 32 * SECOND),
    clock(33 * SECOND, {
      type: "DrillTried",
      data: { works: "unknown", what: "the program has no way to use a credential of orders-db (scripted)" },
    }),
  ],
  "reviewed-by-nobody": [
    ...TO_ITS_DEADLINE,
    clock(ENDED, { type: "ReviewOpened", data: { by: ["leads", "chiefs"], dueAt: T0 + ENDED + 24 * HOUR } }),
  ],
} satisfies Record<string, readonly Happened[]>;

function approvedByOf(person: string, votes: number, quorum: number): Happened {
  return at(votes * 20 * SECOND, { type: "ApprovalGiven", actor: by(person), data: { votes, quorum } });
}
