import type { NewEvent } from "../src/domain/events.ts";
import { CLOCK } from "../src/domain/people.ts";

const HOUR_MS = 3_600_000;
const deadline = Date.now() + HOUR_MS;

/** The entries of an ordinary request, from the first to the last. */
export const LIFE: readonly NewEvent[] = [
  {
    type: "RequestOpened",
    actor: { person: "p00001", via: "slack", account: "U0P00001" },
    data: {
      requester: "p00001",
      target: "orders-db",
      role: "writer",
      durationMs: HOUR_MS,
      verdict: {
        policy: "0123456789ab",
        title: "Orders database (production)",
        provider: "postgres",
        grant: { memberOf: ["orders_writer"] },
        quorum: 1,
        approvers: ["leads"],
        called: ["carol", "bob"],
        escalate: [{ afterMs: 300_000, to: ["leads"] }],
        lapseMs: 1_800_000,
      },
      channels: { thread: "C0INCIDENTS", approvals: "C0APPROVALS", security: "C0SECURITY" },
      delivery: "0123456789abcdef0123456789abcdef",
    },
    notes: { justification: "INC-42 orders stuck after failover" },
  },
  {
    type: "ApprovalGiven",
    actor: { person: "carol", via: "slack", account: "U0CAROL" },
    data: { votes: 1, quorum: 1 },
  },
  { type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline } },
  {
    type: "GrantSucceeded",
    actor: CLOCK,
    data: { attempt: 1, deadline, handle: { request: "BG-7K3M2Q", name: "bg_7k3m2q" }, credential: true },
  },
  { type: "CredentialRevealed", actor: { person: "p00001", via: "clock" }, data: { by: "direct-message" } },
  { type: "ExpiryWarned", actor: CLOCK, data: { leftMs: 180_000 } },
  { type: "RevokeStarted", actor: CLOCK, data: { cause: "deadline", endAt: deadline } },
  { type: "RevokeSucceeded", actor: CLOCK, data: { lateMs: 4, attempt: 1, done: ["role removed"] } },
];
