import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Command } from "../../src/domain/commands.ts";
import { OPENED_MAX, ROTATIONS_MAX } from "../../src/domain/decide-credential.ts";
import { GRANT_LEASE_MS, outstanding } from "../../src/domain/agenda.ts";
import { StepUpNeeded } from "../../src/errors.ts";
import { at, by, facts, given, MINUTE, SECOND, stateOf, T0, type Happened } from "./given.ts";
import { guarded, KEYS, proofOf } from "./keyholders.ts";
import { TO_ITS_DEADLINE } from "./lives.ts";

const ON = TO_ITS_DEADLINE.slice(0, 4);
const waits = facts({ credentialWaits: true });
const gone = facts({ credentialWaits: false });
const reveal = (nonce?: string, person = "alice"): Command => ({ type: "Reveal", by: by(person), nonce });
const rotate = (person = "alice"): Command => ({ type: "RotateCredential", by: by(person) });
const revealed = (nonce: string): Happened =>
  at(40 * SECOND, { type: "CredentialRevealed", actor: by("alice"), data: { by: "page", nonce } });
const asked = (number: number, after = 50 * SECOND): Happened =>
  at(after, { type: "CredentialRotationAsked", actor: by("alice"), data: { number } });

describe("a secret", () => {
  it("is shown on a page: a click is sent to one, and records nothing", () => {
    const refusal = given(...ON)
      .when(reveal(), waits)
      .then("STEP_UP_NEEDED");
    assert.ok(refusal instanceof StepUpNeeded && refusal.action === "reveal");
  });

  it("is recorded as opened, by the link", () => {
    given(...ON)
      .when(reveal("n1"), waits)
      .then([{ type: "CredentialRevealed", actor: by("alice"), data: { by: "page", nonce: "n1" } }]);
  });

  it("takes the requester's own key as soon as they have one, and where policy asks for it", () => {
    const keyed = facts({ credentialWaits: true, policy: guarded, keys: KEYS });
    given(...ON)
      .when(reveal("n1"), keyed)
      .then("STEP_UP_NEEDED");
    const state = stateOf(...ON);
    const proof = proofOf(state, "alice", "reveal");
    const [passed, opening] = given(...ON)
      .when({ type: "Reveal", by: by("alice"), nonce: "nonce", proof }, keyed)
      .events();
    assert.equal(passed?.type, "StepUpPassed");
    assert.deepEqual(opening?.data, { by: "page", nonce: "nonce", proven: true });
    given(...ON)
      .when({ type: "Reveal", by: by("alice"), nonce: "nonce", proof: proofOf(state, "bob", "reveal") }, keyed)
      .then("STEP_UP_FAILED");
    given(...ON)
      .when({ type: "Reveal", by: by("alice"), nonce: "nonce", proof: proofOf(state, "alice", "approve") }, keyed)
      .then("STEP_UP_FAILED");
  });

  it("is the requester's, while access is on, and not a moment longer", () => {
    for (const command of [reveal("n1", "carol"), rotate("carol")])
      given(...ON)
        .when(command, waits)
        .then("NOT_REQUESTER");
    const { deadline = 0 } = stateOf(...ON);
    for (const command of [reveal(), reveal("n1"), rotate()]) {
      given(...ON)
        .when(command, { ...waits, now: deadline })
        .then("NOT_ACTIVE");
      for (const end of [3, 7, 8])
        given(...TO_ITS_DEADLINE.slice(0, end))
          .when(command, waits)
          .then("NOT_ACTIVE");
    }
  });

  it("is not shown twice, unless no page has said that it came; by no link twice, and five times at most", () => {
    given(...ON, revealed("n1"))
      .when(reveal("n2"), gone)
      .then("CREDENTIAL_OPENED");
    given(...ON, revealed("n1"))
      .when(reveal(), gone)
      .then("CREDENTIAL_OPENED");
    assert.equal(
      given(...ON, revealed("n1"))
        .when(reveal("n2"), waits)
        .events().length,
      1,
    );
    given(...ON, revealed("n1"))
      .when(reveal("n1"), waits)
      .then("STEP_UP_LINK");
    const often = Array.from({ length: OPENED_MAX }, (_, nth) => revealed(`n${nth}`));
    given(...ON, ...often)
      .when(reveal("more"), waits)
      .then("CREDENTIAL_LIMIT");
  });

  it("that is lost is made anew at the click", () => {
    given(...ON)
      .when(reveal(), gone)
      .then([{ type: "CredentialRotationAsked", actor: by("alice"), data: { number: 1 } }]);
    given(...ON)
      .when(reveal("n1"), gone)
      .then("CREDENTIAL_NONE");
  });

  it("is not there where none was made", () => {
    const none = ON.map(({ after, event }) => ({
      after,
      event: event.type === "GrantSucceeded" ? { ...event, data: { ...event.data, credential: false } } : event,
    }));
    for (const command of [reveal(), reveal("n1"), rotate()])
      given(...none)
        .when(command, waits)
        .then("CREDENTIAL_NONE");
  });
});

describe("a fresh secret", () => {
  it("is asked for once at a time, and twenty times at most", () => {
    for (const command of [rotate(), reveal(), reveal("n1")])
      given(...ON, asked(1))
        .when(command, waits)
        .then("CREDENTIAL_ROTATING");
    const handle = { request: "BG-7K3M2Q", name: "bg_7k3m2q" };
    const often = Array.from({ length: ROTATIONS_MAX }, (_, nth): Happened[] => [
      asked(nth + 1),
      at(50 * SECOND, { type: "CredentialRotated", actor: by("alice"), data: { number: nth + 1, attempt: 1, handle } }),
    ]).flat();
    given(...ON, ...often)
      .when(rotate(), waits)
      .then("CREDENTIAL_LIMIT");
  });

  it("is asked of the target at once, again after its lease, never past the deadline; and the deadline stays", () => {
    const { deadline = 0, rotation } = stateOf(...ON, asked(1));
    assert.equal(deadline, stateOf(...ON).deadline);
    assert.deepEqual(rotation, { number: 1, attempt: 0, since: T0 + 50 * SECOND });
    const kinds = (life: readonly Happened[], now: number) =>
      outstanding(stateOf(...life), now).map(({ kind }) => kind);
    assert.deepEqual(kinds([...ON, asked(1)], T0 + 50 * SECOND), ["rotate"]);
    const begun = at(51 * SECOND, {
      type: "CredentialRotationStarted",
      actor: by("alice"),
      data: { number: 1, attempt: 1 },
    });
    assert.deepEqual(kinds([...ON, asked(1), begun], T0 + 51 * SECOND + GRANT_LEASE_MS - 1), []);
    assert.deepEqual(kinds([...ON, asked(1), begun], T0 + 51 * SECOND + GRANT_LEASE_MS), ["rotate"]);
    assert.deepEqual(kinds([...ON, asked(1)], deadline), ["revoke"]);
  });

  it("is not made of a sealed account's password once that was shown: it is the same for everybody", () => {
    const [first, ...rest] = ON;
    assert.ok(first?.event.type === "RequestOpened");
    const verdict = { ...first.event.data.verdict, provider: "vault" };
    const sealed: Happened[] = [
      { ...first, event: { ...first.event, data: { ...first.event.data, verdict } } },
      ...rest,
    ];
    assert.equal(
      given(...sealed)
        .when(rotate(), waits)
        .events().length,
      1,
    );
    const shown = [...sealed, revealed("n1")];
    for (const [command, known] of [
      [rotate(), waits],
      [rotate(), gone],
      [reveal(), gone],
      [reveal("n2"), gone],
    ] as const) {
      const { next } = given(...shown)
        .when(command, known)
        .then("CREDENTIAL_OPENED");
      assert.match(next, /End it, and ask whoever runs this service to rotate it/);
      assert.doesNotMatch(next, /Rotate gives/);
    }
  });

  it("makes the one before closed: it can be opened again, as the first was", () => {
    const handle = { request: "BG-7K3M2Q", name: "bg_7k3m2q" };
    const fresh = at(MINUTE, {
      type: "CredentialRotated",
      actor: by("alice"),
      data: { number: 1, attempt: 1, handle },
    });
    const life = [...ON, revealed("n1"), asked(1), fresh];
    const { credential, opened } = stateOf(...life);
    assert.deepEqual([credential, opened], [1, undefined]);
    given(...life)
      .when(reveal("n1"), waits)
      .then("STEP_UP_LINK");
    assert.equal(
      given(...life)
        .when(reveal("n2"), waits)
        .events().length,
      1,
    );
  });
});
