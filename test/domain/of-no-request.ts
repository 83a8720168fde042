import type { NewEvent } from "../../src/domain/events.ts";
import { by, ID, T0 } from "./given.ts";
import { enrolment } from "./keyholders.ts";

const CLOCK = { via: "clock" } as const;
const handle = { name: "bg_0rphan" };
const target = "orders-db";
const failed = { code: "TARGET_TIMEOUT", problem: "It did not answer." };
/** One of each event that belongs to no request, and what lives don't come to. */
export const OF_NO_REQUEST: readonly NewEvent[] = [
  { type: "OrphanFound", actor: CLOCK, data: { target, handle } },
  { type: "OrphanRevokeFailed", actor: CLOCK, data: { target, handle, ...failed, commands: ["DROP ROLE x"] } },
  { type: "OrphanRevoked", actor: CLOCK, data: { target, handle, done: ["role removed"] } },
  { type: "DrillPlanned", actor: CLOCK, data: { target, role: "reader", person: "fire-drill", everyMs: 9, dueAt: T0 } },
  { type: "DrillAnnounced", actor: CLOCK, data: { target, role: "reader", dueAt: T0 } },
  { type: "DrillMissed", actor: CLOCK, data: { target, role: "reader", dueAt: T0 } },
  { type: "TargetCheckFailed", actor: CLOCK, data: { target, problems: ["It is down."] } },
  { type: "TargetCheckPassed", actor: CLOCK, data: { target } },
  { type: "LedgerRecovered", actor: CLOCK, data: { from: 1, to: 2, cause: "emptied" } },
  { type: "LedgerForked", actor: CLOCK, data: { seq: 7 } },
  { type: "HeartbeatRecorded", actor: CLOCK, data: {} },
  { type: "LedgerKeyChanged", actor: { via: "cli" }, data: { from: "a", to: "b", checkpoint: "c" } },
  {
    type: "InsightsReported",
    actor: CLOCK,
    data: { month: "2026-10", from: T0, to: T0 + 1, timeZone: "UTC", requests: 2, uses: 1 },
  },
  { type: "PolicyLoaded", actor: CLOCK, data: { policy: "sha256:ab", targets: 2 } },
  ...enrolment("alice"),
  { type: "KeyChangeRefused", actor: by("carol"), data: { change: "KEY-ALICE" } },
  { type: "KeyRenamed", actor: by("alice"), data: { person: "alice", credential: "c" }, notes: { name: "Blue" } },
  { type: "KeyRemoved", actor: by("carol"), data: { change: "KEY-2", person: "alice", credential: "c" } },
  { type: "KeyUsed", actor: CLOCK, data: { credential: "c", counter: 4 } },
  { type: "AccountSealed", actor: { via: "cli" }, data: { account: "root", generation: 1, how: "put" } },
  {
    type: "AccountCheckedOut",
    actor: CLOCK,
    data: { account: "root", generation: 1, request: ID, person: "alice", deadline: T0 },
  },
  { type: "AccountBurnt", actor: CLOCK, data: { account: "root", generation: 1, request: ID, person: "alice" } },
  { type: "RotationReminded", actor: CLOCK, data: { account: "root", generation: 1, nth: 1, burntAt: T0 } },
  {
    type: "AccountsExported",
    actor: { via: "cli" },
    data: { export: "e", shares: 5, threshold: 3, publicKey: "k", accounts: [{ account: "root", generation: 1 }] },
  },
  {
    type: "OfflineOpened",
    actor: { via: "cli" },
    data: { account: "root", generation: 1, export: "e", opening: "o", openedAt: T0, shares: [1, 2, 3] },
  },
  {
    type: "AnomalyRaised",
    actor: CLOCK,
    data: { rule: "mass-read", title: "Reads much", level: "high", action: "page", facts: { tables: ["orders"] } },
  },
];
