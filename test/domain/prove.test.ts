import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "../../src/domain/commands.ts";
import { agenda } from "../../src/domain/agenda.ts";
import { decide } from "../../src/domain/decide.ts";
import { NO_KEYS } from "../../src/domain/keys.ts";
import { STEP_UP_FAILURES_TOLD, failedProof } from "../../src/domain/prove.ts";
import { StepUpNeeded } from "../../src/errors.ts";
import { posts } from "../../src/cards/posts.ts";
import { at, by, facts, given, ID, MINUTE, opened, recorded, SECOND, stateOf, T0, type Happened } from "./given.ts";
import { evidenceOf, guarded, keyOf, KEYS, keysAfter, enrolment, proofOf } from "./keyholders.ts";

const known = facts({ policy: guarded, keys: KEYS });
const unconfirmed = opened({ role: "owner" }, { policy: guarded, keys: KEYS });
const passed = (person: string, action: "ask" | "approve", after: number, version: number): Happened =>
  at(after, {
    type: "StepUpPassed",
    actor: by(person),
    data: { action, version, nonce: "nonce", evidence: evidenceOf(keyOf(person)) },
  });
const CONFIRMED: readonly Happened[] = [unconfirmed, passed("alice", "ask", 20 * SECOND, 1)];
const approve = (person: string, proof?: Extract<Command, { type: "Approve" }>["proof"]): Command => ({
  type: "Approve",
  by: by(person),
  proof,
});

describe("P9: a click is not enough", () => {
  it("an approval without a proof is none: it is asked for", () => {
    const refusal = given(...CONFIRMED)
      .when(approve("carol"), known)
      .then("STEP_UP_NEEDED");
    assert.ok(refusal instanceof StepUpNeeded && refusal.action === "approve" && refusal.link === undefined);
  });

  it("an approval with one counts, and both stand in the ledger together", () => {
    const state = stateOf(...CONFIRMED);
    const proof = proofOf(state, "carol", "approve");
    given(...CONFIRMED)
      .when(approve("carol", proof), known)
      .then([
        {
          type: "StepUpPassed",
          actor: by("carol"),
          data: { action: "approve", version: 2, nonce: "nonce", evidence: proof.evidence },
        },
        { type: "ApprovalGiven", actor: by("carol"), data: { votes: 1, quorum: 2, proven: true } },
      ]);
  });

  const state = stateOf(...CONFIRMED);
  const wrong = {
    "another request": { request: "BG-000000" },
    "another person": { person: "bob" },
    "another action": { action: "break-glass" },
    "another verdict": { verdict: { ...state.verdict, quorum: 1 } },
  } as const;
  for (const [what, changed] of Object.entries(wrong)) {
    it(`a proof for ${what} is none`, () => {
      const proof = proofOf(state, "carol", "approve", changed);
      given(...CONFIRMED)
        .when(approve("carol", proof), known)
        .then("STEP_UP_FAILED");
    });
  }

  it("a proof by another person's key is none, nor by one that was removed", () => {
    const byBob = proofOf(state, "carol", "approve", { credential: keyOf("bob") });
    given(...CONFIRMED)
      .when(approve("carol", byBob), known)
      .then("STEP_UP_FAILED");
    const removed = proofOf(state, "carol", "approve", { credential: "old-key" });
    given(...CONFIRMED)
      .when(approve("carol", removed), known)
      .then("STEP_UP_FAILED");
  });

  it("a nonce that was not the one that was signed is none", () => {
    const proof = { ...proofOf(state, "carol", "approve"), nonce: "another" };
    given(...CONFIRMED)
      .when(approve("carol", proof), known)
      .then("STEP_UP_FAILED");
  });

  it("what moved on meanwhile has to be read again; and so the same proof never counts twice", () => {
    const proof = proofOf(state, "carol", "approve");
    const after = [...CONFIRMED, passed("bob", "approve", 30 * SECOND, 2)];
    given(...after)
      .when(approve("carol", proof), known)
      .then("STEP_UP_STALE");
  });

  it("without a key there is nothing to be asked for", () => {
    given(...CONFIRMED)
      .when(approve("carol"), { ...known, keys: keysAfter(...enrolment("bob")) })
      .then("STEP_UP_NO_KEY");
  });

  it("who may not vote hears that, and not about keys", () => {
    given(...CONFIRMED)
      .when(approve("alice"), known)
      .then("OWN_REQUEST");
    given(...CONFIRMED)
      .when(approve("erin"), known)
      .then("NOT_APPROVER");
  });

  it("a failed proof is told a few times, and then no more", () => {
    const failure = failedProof(state, by("carol"), "approve", "No.");
    assert.deepEqual(failure, [
      { type: "StepUpFailed", actor: by("carol"), data: { action: "approve", problem: "No." } },
    ]);
    const many = Array.from({ length: STEP_UP_FAILURES_TOLD }, (_, nth): Happened => {
      const [event] = failure;
      assert.ok(event);
      return at(30 * SECOND + nth, event);
    });
    assert.deepEqual(failedProof(stateOf(...CONFIRMED, ...many), by("carol"), "approve", "No."), []);
  });
});

describe("a requester who has to confirm with a key", () => {
  it("is refused without one, before anything is recorded", () => {
    given()
      .when({ type: "OpenRequest", by: by("erin"), target: "orders-db", role: "owner", justification: "INC-42" }, known)
      .then("STEP_UP_NO_KEY");
  });

  it("has a request that calls nobody, and that nobody can decide, until it is confirmed", () => {
    assert.equal(stateOf(unconfirmed).phase, "unconfirmed");
    assert.deepEqual(
      posts(ID, recorded([unconfirmed]), "").map(({ key }) => key),
      ["root", "line.1"],
    );
    given(unconfirmed).when(approve("carol"), known).then("NOT_CONFIRMED");
    given(unconfirmed)
      .when({ type: "Deny", by: by("carol"), reason: "no" }, known)
      .then("NOT_CONFIRMED");
    given(unconfirmed)
      .when({ type: "Confirm", by: by("bob") }, known)
      .then("NOT_REQUESTER");
    given(unconfirmed)
      .when({ type: "Confirm", by: by("alice") }, known)
      .then("STEP_UP_NEEDED");
    given(unconfirmed)
      .when({ type: "Withdraw", by: by("alice") }, known)
      .then([{ type: "RequestWithdrawn", actor: by("alice"), data: {} }]);
    assert.deepEqual(agenda(stateOf(unconfirmed)), [{ at: T0 + 15 * MINUTE, task: { kind: "lapse" } }]);
  });

  it("confirms it, and from then on it waits, with all of its time", () => {
    const proof = proofOf(stateOf(unconfirmed), "alice", "ask");
    const [event] = given(unconfirmed)
      .when({ type: "Confirm", by: by("alice"), proof }, known)
      .events();
    assert.ok(event?.type === "StepUpPassed" && event.data.action === "ask");
    const state = stateOf(unconfirmed, at(10 * MINUTE, event));
    assert.deepEqual([state.phase, state.waitsFrom], ["waiting", T0 + 10 * MINUTE]);
    assert.deepEqual(agenda(state)[0]?.at, T0 + 40 * MINUTE);
    const confirmed = [unconfirmed, at(10 * MINUTE, event)];
    assert.ok(posts(ID, recorded(confirmed), "").some(({ key }) => key === "card"));
    given(...confirmed)
      .when({ type: "Confirm", by: by("alice"), proof }, known)
      .then("ALREADY_DECIDED");
  });

  it("can't confirm it once it should have lapsed", () => {
    const proof = proofOf(stateOf(unconfirmed), "alice", "ask");
    given(unconfirmed)
      .when({ type: "Confirm", by: by("alice"), proof }, { ...known, now: T0 + 15 * MINUTE })
      .then("ALREADY_DECIDED");
  });
});

describe("an emergency", () => {
  const alone: Command = { type: "BreakGlass", by: by("alice") };
  const late = { ...known, now: T0 + 11 * MINUTE };

  it("takes a key as soon as anybody has one, whatever the role asks for", () => {
    given(opened())
      .when(alone, { ...late, keys: NO_KEYS })
      .events();
    given(opened()).when(alone, late).then("STEP_UP_NEEDED");
    given(opened())
      .when(alone, { ...late, keys: keysAfter(...enrolment("carol")) })
      .then("STEP_UP_NO_KEY");
    const proof = proofOf(stateOf(opened()), "alice", "break-glass");
    const events = decide(stateOf(opened()), { ...alone, proof }, late);
    assert.deepEqual(
      events.map(({ type }) => type),
      ["StepUpPassed", "EmergencyInvoked"],
    );
  });
});
