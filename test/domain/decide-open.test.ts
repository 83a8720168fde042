import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { JUSTIFICATION_MAX } from "../../src/domain/open-request.ts";
import type { Code } from "../../src/errors.ts";
import { acme } from "./acme-policy.ts";
import {
  approvedBy,
  ask,
  at,
  by,
  facts,
  given,
  granted,
  groups,
  ID,
  MINUTE,
  opened,
  stateOf,
  T0,
  type Happened,
} from "./given.ts";

const HOUR = 60 * MINUTE;
const withdrawn: Happened = at(MINUTE, { type: "RequestWithdrawn", actor: by("alice"), data: {} });

describe("OpenRequest", () => {
  it("is born with the whole verdict frozen in it", () => {
    given()
      .when(ask({ duration: "20m", thread: "C0INC42", delivery: "d1", after: "BG-000001" }))
      .then([
        {
          type: "RequestOpened",
          actor: by("alice"),
          data: {
            requester: "alice",
            target: "orders-db",
            role: "writer",
            durationMs: 20 * MINUTE,
            verdict: {
              policy: acme.hash,
              title: "Orders database (production)",
              provider: "scripted",
              runbook: "https://runbooks.acme.test/orders-db",
              grant: { memberOf: ["orders_writer"] },
              quorum: 1,
              approvers: ["dba", "leads"],
              called: ["dave", "bob", "carol"],
              escalate: [{ afterMs: 5 * MINUTE, to: ["chiefs"] }],
              lapseMs: 30 * MINUTE,
              emergency: { afterMs: 10 * MINUTE, maxMs: 5 * MINUTE },
              automatic: undefined,
              spent: undefined,
              stepUp: undefined,
              review: { by: ["dba", "leads"], dueMs: 24 * 60 * MINUTE, emergencyOnly: true },
              heldUpBy: undefined,
            },
            channels: { thread: "C0INC42", approvals: "C0APPROVALS", security: "C0SECURITY" },
            delivery: "d1",
            after: "BG-000001",
          },
          notes: { justification: "INC-42 orders stuck after failover" },
        },
      ]);
  });

  it("takes the role's default duration and the policy's incident channel when nothing else is said", () => {
    const [event] = given().when(ask()).events();
    assert.ok(event?.type === "RequestOpened");
    assert.equal(event.data.durationMs, 15 * MINUTE);
    assert.equal(event.data.channels.thread, "C0INCIDENTS");
  });

  it("never calls the requester to approve their own request", () => {
    const [event] = given()
      .when(ask({ by: by("bob") }))
      .events();
    assert.ok(event?.type === "RequestOpened");
    assert.deepEqual(event.data.verdict.called, ["dave", "carol"]);
  });

  const refusals: [string, ReturnType<typeof ask>, Code][] = [
    ["an unknown target", ask({ target: "mars-db" }), "TARGET_UNKNOWN"],
    ["a target named like a part of every object", ask({ target: "constructor" }), "TARGET_UNKNOWN"],
    ["an unknown role", ask({ role: "god" }), "ROLE_NOT_ALLOWED"],
    ["a role named like a part of every object", ask({ role: "toString" }), "ROLE_NOT_ALLOWED"],
    ["somebody who is in no group of requesters", ask({ by: by("carol") }), "ROLE_NOT_ALLOWED"],
    ["a duration that is none", ask({ duration: "1e9h" }), "DURATION_INVALID"],
    ["a duration longer than the role's", ask({ duration: "31m" }), "DURATION_INVALID"],
    ["no justification", ask({ justification: "" }), "JUSTIFICATION_MISSING"],
    ["a justification of nothing to see", ask({ justification: " \u200b\u202e\n " }), "JUSTIFICATION_MISSING"],
    ["a justification of 1,001 letters", ask({ justification: "x".repeat(1_001) }), "JUSTIFICATION_TOO_LONG"],
  ];
  for (const [what, command, code] of refusals) {
    it(`refuses ${what}`, () => {
      given().when(command).then(code);
    });
  }

  it("takes the longest duration and the longest justification that are allowed", () => {
    const justification = "x".repeat(JUSTIFICATION_MAX);
    const [event] = given()
      .when(ask({ duration: "30m", justification }))
      .events();
    assert.equal(event?.notes?.["justification"], justification);
  });

  it("says in each refusal what would be right", () => {
    const next = (command: ReturnType<typeof ask>, code: "TARGET_UNKNOWN" | "ROLE_NOT_ALLOWED" | "DURATION_INVALID") =>
      given().when(command).then(code).next;
    assert.match(next(ask({ target: "mars-db" }), "TARGET_UNKNOWN"), /orders-db writer, .*status-page editor/);
    assert.match(next(ask({ role: "god" }), "ROLE_NOT_ALLOWED"), /^You may ask for: orders-db writer, .*reader\.$/);
    assert.match(next(ask({ by: by("carol") }), "ROLE_NOT_ALLOWED"), /lets you ask for nothing.*add you/);
    assert.match(next(ask({ duration: "31m" }), "DURATION_INVALID"), /at most 30 min.*without a duration it is 15 min/);
    assert.match(next(ask({ duration: "soon" }), "DURATION_INVALID"), /45s, 15m.*at most 30 min/);
  });
});

describe("automatic approval", () => {
  const reader = (changed = {}) => ask({ role: "reader", ...changed });
  const used = (minutesAgo: number) => ({
    ...stateOf(opened({ role: "reader" }), ...granted(30 * MINUTE), withdrawn),
    openedAt: T0 + MINUTE - minutesAgo * MINUTE,
  });

  it("counts the uses of its budget, and asks people when it is spent", () => {
    const automatic = (earlier: ReturnType<typeof used>[]) => {
      const [event] = given().when(reader(), facts({ earlier })).events();
      assert.ok(event?.type === "RequestOpened");
      return event.data.verdict.automatic;
    };
    const perMs = 24 * HOUR;
    assert.deepEqual(automatic([]), { use: 1, of: 2, perMs });
    assert.deepEqual(automatic([used(60)]), { use: 2, of: 2, perMs });
    assert.equal(automatic([used(60), used(90)]), undefined);
    assert.deepEqual(automatic([used(60), used(25 * 60)]), { use: 2, of: 2, perMs }, "an old use counts no more");
  });

  it("does not count uses of another role, nor requests that people approved", () => {
    const another = stateOf(opened({ target: "status-page", role: "editor" }), withdrawn);
    const byPeople = stateOf(opened(), approvedBy("carol"), withdrawn);
    const [event] = given()
      .when(reader(), facts({ earlier: [another, byPeople] }))
      .events();
    assert.ok(event?.type === "RequestOpened");
    assert.equal(event.data.verdict.automatic?.use, 1);
  });

  it("alone needs no budget, and approves at once", () => {
    const state = stateOf(opened({ target: "status-page", role: "editor" }));
    assert.deepEqual([state.phase, state.deadline], ["approved", T0 + HOUR]);
    assert.deepEqual(state.verdict.automatic, {});
  });
});

describe("asking twice", () => {
  const twin = { earlier: [stateOf(opened())] };

  it("is refused while the first request waits, is approved, or access is being given", () => {
    const [started] = granted(15 * MINUTE);
    assert.ok(started);
    for (const happened of [[], [approvedBy("carol")], [approvedBy("carol"), started]]) {
      const refused = given()
        .when(ask(), facts({ earlier: [stateOf(opened(), ...happened)] }))
        .then("REQUEST_DUPLICATE");
      assert.match(`${refused.message} ${refused.next}`, new RegExp(`${ID}.*/breakglass end ${ID}`));
    }
  });

  it("P12: is right while access is on, because that is how more time is had", () => {
    const active = stateOf(opened(), approvedBy("carol"), ...granted(15 * MINUTE));
    assert.equal(active.phase, "active");
    assert.equal(
      given()
        .when(ask(), facts({ earlier: [active] }))
        .events().length,
      1,
    );
  });

  it("is right for another role, another target, and after the first is over", () => {
    assert.equal(
      given()
        .when(ask({ role: "owner" }), facts(twin))
        .events().length,
      1,
    );
    assert.equal(
      given()
        .when(ask({ target: "status-page", role: "editor" }), facts(twin))
        .events().length,
      1,
    );
    const over = facts({ earlier: [stateOf(opened(), withdrawn)] });
    assert.equal(given().when(ask(), over).events().length, 1);
  });
});

describe("P10: no self-service by accident", () => {
  it("an approver list of empty groups approves nothing, and is refused when asked for", () => {
    const nobody = facts({ groups: groups({ dba: [], leads: [], chiefs: [] }) });
    given().when(ask(), nobody).then("QUORUM_UNREACHABLE");
  });

  it("a group that can't be read has nobody in it, and the refusal says so", () => {
    const unread = facts({ groups: groups({ dba: undefined }) });
    const refused = given()
      .when(ask({ target: "status-page", role: "live-only" }), unread)
      .then("QUORUM_UNREACHABLE");
    assert.match(refused.message, /members of dba could not be read/);
    assert.match(refused.next, /Try again/);
  });

  it("a requester who is an approver too doesn't count towards the quorum", () => {
    const pair = facts({ groups: groups({ dba: [], leads: ["bob", "carol"] }) });
    given()
      .when(ask({ role: "owner", by: by("bob") }), pair)
      .then("QUORUM_UNREACHABLE");
    assert.equal(
      given()
        .when(ask({ role: "owner" }), pair)
        .events().length,
      1,
    );
  });

  it("one person in two groups counts once", () => {
    const same = facts({ groups: groups({ dba: ["carol"], leads: ["carol"] }) });
    given()
      .when(ask({ role: "owner" }), same)
      .then("QUORUM_UNREACHABLE");
  });

  it("deny wins over everything, also when the group that denies can't be read", () => {
    given()
      .when(ask({ role: "owner" }), facts({ groups: groups({ contractors: ["alice"] }) }))
      .then("ROLE_NOT_ALLOWED");
    given()
      .when(ask({ role: "owner" }), facts({ groups: groups({ contractors: undefined }) }))
      .then("ROLE_NOT_ALLOWED");
  });

  it("requesters whose group can't be read may ask for nothing", () => {
    given()
      .when(ask(), facts({ groups: groups({ sre: undefined }) }))
      .then("ROLE_NOT_ALLOWED");
  });
});
