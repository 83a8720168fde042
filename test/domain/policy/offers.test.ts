import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { findRole, mayAskFor, offers, type Offer } from "../../../src/domain/policy/offers.ts";
import { acme } from "../acme-policy.ts";
import { groups, refusal } from "../given.ts";

const names = (found: readonly Offer[]) => found.map(({ target, role }) => `${target} ${role}`);

describe("what a person may ask for", () => {
  it("is every role of whose requesters they are, in the policy's order", () => {
    assert.deepEqual(names(offers(acme, groups(), "alice")), [
      "orders-db writer",
      "orders-db owner",
      "orders-db reader",
      "status-page editor",
      "status-page live-only",
    ]);
    assert.deepEqual(offers(acme, groups(), "carol"), []);
    assert.deepEqual(offers(acme, groups(), "somebody-else"), []);
  });

  it("P10: is never what a deny group keeps from them, even if only because it can't be read", () => {
    for (const contractors of [["alice"], undefined]) {
      assert.ok(!names(offers(acme, groups({ contractors }), "alice")).includes("orders-db owner"));
    }
  });

  it("comes with the durations of each role", () => {
    const [writer] = offers(acme, groups(), "alice");
    assert.deepEqual([writer?.defaultMs, writer?.maxMs, writer?.roleTitle], [900_000, 1_800_000, "writer"]);
  });

  it("is said in a sentence, ten at most, and a hint where there is nothing", () => {
    const offer = (role: string): Offer => ({
      target: "db",
      title: "DB",
      role,
      roleTitle: role,
      defaultMs: 1,
      maxMs: 1,
    });
    const many = Array.from({ length: 12 }, (_, index) => offer(`r${index}`));
    assert.equal(mayAskFor([offer("reader"), offer("writer")]), "You may ask for: db reader or db writer.");
    assert.match(mayAskFor(many), /db r8 or db r9, and 2 more \(\/breakglass list\)\.$/);
    assert.match(mayAskFor([], [offer("writer")]), /db writer/, "what they may ask for elsewhere");
    assert.match(mayAskFor([]), /nothing/);
  });
});

describe("a role that is asked for", () => {
  it("is found, or refused without saying whether it exists", () => {
    assert.equal(
      findRole(acme, groups(), "alice", { target: "orders-db", role: "writer" }).role.duration.max,
      1_800_000,
    );
    const there = refusal(
      () => findRole(acme, groups(), "carol", { target: "orders-db", role: "writer" }),
      "ROLE_NOT_ALLOWED",
    );
    const gone = refusal(
      () => findRole(acme, groups(), "carol", { target: "orders-db", role: "sysop" }),
      "ROLE_NOT_ALLOWED",
    );
    assert.equal(there.message.replace("writer", "sysop"), gone.message);
    assert.equal(there.next, gone.next);
  });

  it("is refused for names that every object has", () => {
    for (const target of ["constructor", "__proto__", "toString"]) {
      refusal(() => findRole(acme, groups(), "alice", { target, role: "writer" }), "TARGET_UNKNOWN");
      refusal(() => findRole(acme, groups(), "alice", { target: "orders-db", role: target }), "ROLE_NOT_ALLOWED");
    }
  });
});
