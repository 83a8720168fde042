import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "../../src/domain/commands.ts";
import type { Actor } from "../../src/domain/people.ts";
import {
  approvedBy,
  at,
  by,
  facts,
  given,
  granted,
  groups,
  MINUTE,
  opened,
  stateOf,
  T0,
  type Happened,
} from "./given.ts";

const breakGlass = (who: Actor): Command => ({ type: "BreakGlass", by: who });
const endEarly = (who: Actor): Command => ({ type: "EndEarly", by: who });
const revoke = (who: Actor, reason?: string): Command => ({ type: "RevokeNow", by: who, reason });
const CLI: Actor = { via: "cli" };

const [started, succeeded] = granted(15 * MINUTE) as [Happened, Happened];
const approved = [opened(), approvedBy("carol")];
const granting = [...approved, started];
const active = [...granting, succeeded];
const ending = [
  ...active,
  at(5 * MINUTE, { type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + 5 * MINUTE } }),
];
const ended = [
  ...ending,
  at(5 * MINUTE + 100, {
    type: "RevokeSucceeded",
    actor: { via: "clock" },
    data: { lateMs: 100, attempt: 1, done: [] },
  }),
];

describe("BreakGlass", () => {
  const open = facts({ now: T0 + 10 * MINUTE });

  it("lets the requester go ahead alone, for a shorter time, once nobody has decided for long enough", () => {
    given(opened())
      .when(breakGlass(by("alice")), open)
      .then([{ type: "EmergencyInvoked", actor: by("alice"), data: { durationMs: 5 * MINUTE } }]);
    const state = stateOf(
      opened(),
      at(10 * MINUTE, { type: "EmergencyInvoked", actor: by("alice"), data: { durationMs: 5 * MINUTE } }),
    );
    assert.deepEqual([state.phase, state.emergency, state.deadline], ["approved", true, T0 + 15 * MINUTE]);
  });

  it("never makes a request longer than it was asked for", () => {
    given(opened({ duration: "2m" }))
      .when(breakGlass(by("alice")), open)
      .then([{ type: "EmergencyInvoked", actor: by("alice"), data: { durationMs: 2 * MINUTE } }]);
  });

  it("is closed until then, and says for how long", () => {
    const refused = given(opened())
      .when(breakGlass(by("alice")), facts({ now: T0 + 9 * MINUTE }))
      .then("EMERGENCY_NOT_OPEN");
    assert.match(refused.message, /opens in 1 min/);
  });

  it("is open once it was offered, whatever a clock that was set back says", () => {
    const offered = at(10 * MINUTE, { type: "EmergencyOffered", actor: { via: "clock" }, data: { maxMs: 5 * MINUTE } });
    assert.equal(
      given(opened(), offered)
        .when(breakGlass(by("alice")), facts())
        .events().length,
      1,
    );
  });

  it("is closed for a role whose policy has none, to everybody else, and after a decision", () => {
    given(opened({ role: "owner" }))
      .when(breakGlass(by("alice")), open)
      .then("EMERGENCY_NOT_OPEN");
    given(opened())
      .when(breakGlass(by("carol")), open)
      .then("NOT_REQUESTER");
    given(...approved)
      .when(breakGlass(by("alice")), open)
      .then("ALREADY_DECIDED");
  });
});

describe("EndEarly", () => {
  it("ends access now, also while it is being given or not yet asked for", () => {
    for (const happened of [approved, granting, active]) {
      given(...happened)
        .when(endEarly(by("alice")), facts({ now: T0 + 5 * MINUTE }))
        .then([{ type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + 5 * MINUTE } }]);
    }
    assert.equal(stateOf(...ending).phase, "ending");
  });

  it("withdraws what still waits", () => {
    given(opened())
      .when(endEarly(by("alice")))
      .then([{ type: "RequestWithdrawn", actor: by("alice"), data: {} }]);
  });

  it("is the requester's alone: even an approver revokes instead, which asks why", () => {
    given(...active)
      .when(endEarly(by("carol")))
      .then("NOT_REQUESTER");
  });

  it("has nothing to end twice", () => {
    for (const happened of [ending, ended]) {
      given(...happened)
        .when(endEarly(by("alice")))
        .then("NOT_ACTIVE");
    }
  });
});

describe("RevokeNow", () => {
  const ordered = (who: Actor) => ({
    type: "RevokeStarted" as const,
    actor: who,
    data: { cause: "ordered" as const, endAt: T0 + MINUTE },
  });

  it("is open to every approver of that role, to the requester, and to someone on the server", () => {
    for (const who of [by("carol"), by("bob"), by("dave"), by("alice"), CLI]) {
      given(...active)
        .when(revoke(who))
        .then([ordered(who)]);
    }
  });

  it("keeps the reason beside the hashed part", () => {
    given(...active)
      .when(revoke(by("carol"), " wrong  database\n"))
      .then([{ ...ordered(by("carol")), notes: { reason: "wrong database" } }]);
    const state = stateOf(...active, at(MINUTE, { ...ordered(by("carol")), notes: { reason: "wrong database" } }));
    assert.deepEqual([state.phase, state.ending?.reason], ["ending", "wrong database"]);
  });

  it("P10: is refused to outsiders, to whoever left the group, and to accounts nobody knows", () => {
    given(...active)
      .when(revoke(by("mal")))
      .then("NOT_APPROVER");
    given(...active)
      .when(revoke({ via: "slack", account: "U0GUEST" }))
      .then("NOT_APPROVER");
    given(...active)
      .when(revoke(by("dave")), facts({ groups: groups({ dba: undefined }) }))
      .then("NOT_APPROVER");
  });

  it("needs access to end, and tells where the request stands instead", () => {
    for (const happened of [[opened()], ending, ended]) {
      given(...happened)
        .when(revoke(by("carol")))
        .then("NOT_ACTIVE");
    }
    const refused = given(...ended)
      .when(revoke(CLI))
      .then("NOT_ACTIVE");
    assert.match(refused.next, /ended, and that was checked/);
  });

  it("doesn't say that there is no access where it is not gone yet", () => {
    const failed = { attempt: 1, code: "TARGET_UNREACHABLE", problem: "orders-db can't be reached." } as const;
    const refused = given(...ending, at(6 * MINUTE, { type: "RevokeFailed", actor: { via: "clock" }, data: failed }))
      .when(revoke(by("carol")))
      .then("NOT_ACTIVE");
    assert.match(refused.message, /is being ended already/);
    assert.match(refused.next, /not gone yet: it is tried until it is/);
  });
});
