import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "../../src/domain/commands.ts";
import { REASON_MAX } from "../../src/domain/decide.ts";
import type { Actor } from "../../src/domain/people.ts";
import { approvedBy, at, by, facts, given, granted, groups, ID, MINUTE, opened, stateOf, T0 } from "./given.ts";

const approve = (who: Actor): Command => ({ type: "Approve", by: who });
const deny = (who: Actor, reason = "wrong database"): Command => ({ type: "Deny", by: who, reason });
const withdraw = (who: Actor): Command => ({ type: "Withdraw", by: who });
const owner = opened({ role: "owner" });
const denied = at(MINUTE, { type: "RequestDenied", actor: by("carol"), data: {}, notes: { reason: "no" } });
const lapsed = at(30 * MINUTE, { type: "RequestLapsed", actor: { via: "clock" }, data: {} });
const withdrawn = at(MINUTE, { type: "RequestWithdrawn", actor: by("alice"), data: {} });

describe("Approve", () => {
  it("is a vote, and with the quorum the clock begins to run", () => {
    given(opened())
      .when(approve(by("carol")))
      .then([{ type: "ApprovalGiven", actor: by("carol"), data: { votes: 1, quorum: 1 } }]);
    const state = stateOf(opened(), approvedBy("carol", 2 * MINUTE));
    assert.deepEqual([state.phase, state.approvedAt, state.deadline], ["approved", T0 + 2 * MINUTE, T0 + 17 * MINUTE]);
  });

  it("takes as many distinct people as the quorum says", () => {
    given(owner, approvedBy("bob"))
      .when(approve(by("carol")))
      .then([{ type: "ApprovalGiven", actor: by("carol"), data: { votes: 2, quorum: 2 } }]);
    assert.equal(stateOf(owner, approvedBy("bob")).phase, "waiting");
    assert.equal(stateOf(owner, approvedBy("bob"), approvedBy("carol")).phase, "approved");
  });

  it("counts a person once, whichever of their accounts they vote with", () => {
    const elsewhere: Actor = { person: "bob", via: "teams", account: "8d3c-bob" };
    given(owner, approvedBy("bob"))
      .when(approve(by("bob")))
      .then("ALREADY_VOTED");
    given(owner, approvedBy("bob")).when(approve(elsewhere)).then("ALREADY_VOTED");
  });

  it("P10: is refused to the requester, also through another account of theirs", () => {
    const requester = opened({ by: by("bob") });
    given(requester)
      .when(approve(by("bob")))
      .then("OWN_REQUEST");
    given(requester)
      .when(approve({ person: "bob", via: "teams", account: "8d3c-bob" }))
      .then("OWN_REQUEST");
  });

  it("P10: is refused to whom nobody knows, to outsiders, and to whoever left the group meanwhile", () => {
    given(opened())
      .when(approve({ via: "slack", account: "U0GUEST" }))
      .then("OWN_REQUEST");
    given(opened())
      .when(approve(by("mal")))
      .then("NOT_APPROVER");
    given(opened())
      .when(approve(by("carol")), facts({ groups: groups({ leads: ["bob"] }) }))
      .then("NOT_APPROVER");
  });

  it("P10: a group that can't be read lets nobody vote, and the refusal says why", () => {
    const refused = given(opened())
      .when(approve(by("dave")), facts({ groups: groups({ dba: undefined }) }))
      .then("NOT_APPROVER");
    assert.match(refused.next, /members of dba could not be read/);
    given(opened())
      .when(approve(by("carol")), facts({ groups: new Map() }))
      .then("NOT_APPROVER");
  });

  it("is open to the groups that were called later, once they were", () => {
    const escalated = at(5 * MINUTE, {
      type: "RequestEscalated",
      actor: { via: "clock" },
      data: { step: 1, to: ["chiefs"], called: ["erin"] },
    });
    given(opened())
      .when(approve(by("erin")))
      .then("NOT_APPROVER");
    assert.equal(
      given(opened(), escalated)
        .when(approve(by("erin")))
        .events().length,
      1,
    );
    assert.equal(
      given(opened(), escalated)
        .when(approve(by("carol")))
        .events().length,
      1,
    );
  });
});

describe("P6: one decision", () => {
  const decided = [
    [[approvedBy("bob")], /approved by Bob Ortiz/],
    [[approvedBy("bob"), ...granted(15 * MINUTE)], /access is on/],
    [[denied], /denied by Carol Diaz/],
    [[withdrawn], /withdrawn by Alice Ng/],
    [[lapsed], /lapsed/],
  ] as const;

  it("whoever comes after it is told which it was", () => {
    for (const [happened, told] of decided) {
      for (const command of [approve(by("carol")), deny(by("carol")), withdraw(by("alice"))]) {
        assert.match(
          given(opened(), ...happened)
            .when(command)
            .then("ALREADY_DECIDED").next,
          told,
        );
      }
    }
  });

  it("a vote after the time is up counts no more, even before the lapse is recorded", () => {
    const tooLate = facts({ now: T0 + 30 * MINUTE });
    for (const command of [approve(by("carol")), deny(by("carol"))]) {
      assert.match(given(opened()).when(command, tooLate).then("ALREADY_DECIDED").next, /lapsed/);
    }
    const inTime = facts({ now: T0 + 30 * MINUTE - 1 });
    assert.equal(
      given(opened())
        .when(approve(by("carol")), inTime)
        .events().length,
      1,
    );
  });

  it("there is none on a request that does not exist", () => {
    given()
      .when(approve(by("carol")))
      .then("REQUEST_UNKNOWN");
  });
});

describe("Deny", () => {
  it("ends the request, with the reason beside the hashed part", () => {
    given(opened())
      .when(deny(by("carol"), "  wrong\n database\u202e "))
      .then([{ type: "RequestDenied", actor: by("carol"), data: {}, notes: { reason: "wrong database" } }]);
    const state = stateOf(opened(), denied);
    assert.deepEqual([state.phase, state.denied?.reason], ["denied", "no"]);
  });

  it("needs a reason", () => {
    given(opened())
      .when(deny(by("carol"), " \t\u200b"))
      .then("REASON_MISSING");
  });

  it("keeps the beginning of a reason that is too long, and no half characters", () => {
    const [event] = given(opened())
      .when(deny(by("carol"), `x${"😀".repeat(1_000)}`))
      .events();
    const reason = event?.notes?.["reason"] ?? "";
    assert.equal(reason.length, REASON_MAX - 1);
    assert.ok(reason.isWellFormed());
  });

  it("is refused to the requester and to outsiders, as an approval is", () => {
    given(opened())
      .when(deny(by("alice")))
      .then("OWN_REQUEST");
    given(opened())
      .when(deny(by("mal")))
      .then("NOT_APPROVER");
  });
});

describe("Withdraw", () => {
  it("is the requester's alone", () => {
    given(opened())
      .when(withdraw(by("alice")))
      .then([{ type: "RequestWithdrawn", actor: by("alice"), data: {} }]);
    const refused = given(opened())
      .when(withdraw(by("carol")))
      .then("NOT_REQUESTER");
    assert.match(refused.message, new RegExp(ID));
    assert.equal(stateOf(opened(), withdrawn).phase, "withdrawn");
  });
});
