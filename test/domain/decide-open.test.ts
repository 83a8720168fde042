import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { receiptCard } from "../../src/cards/private-cards.ts";
import { conditionsToSee } from "../../src/domain/automatic.ts";
import type { SeenFact } from "../../src/domain/seen-fact.ts";
import type { Facts } from "../../src/domain/commands.ts";
import { narrate } from "../../src/domain/narrate.ts";
import { JUSTIFICATION_MAX } from "../../src/domain/open-request.ts";
import type { Code } from "../../src/errors.ts";
import { readableText } from "../support/readable-text.ts";
import { acme, ACME_POLICY, policyOf } from "./acme-policy.ts";
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
  recorded,
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

describe("automatic approval on facts", () => {
  const CONDITIONS = { onCall: ["primary"], incident: ["channel"] } as const;
  const policy = policyOf(
    ACME_POLICY.replace(
      "{ uses: 2, per: 24h }",
      "{ uses: 2, per: 24h, when: [{ onCall: primary }, { incident: channel }] }",
    )
      .replace("approval: automatic", "approval: { automatic: { when: [{ onCall: primary }] } }")
      .replace("targets:", "schedules: { primary: { file: schedule.yaml } }\ntargets:"),
  );
  const seen = (kind: SeenFact["kind"], why?: string, at = T0 + MINUTE): SeenFact => ({
    ...{ kind, of: CONDITIONS[kind], holds: why === undefined, at },
    ...(why === undefined ? {} : { why }),
  });
  const known = (...all: SeenFact[]) => facts({ policy, seen: all });
  const reader = ask({ role: "reader" });
  const verdictOf = (known_: Facts) => {
    const [event] = given().when(reader, known_).events();
    assert.ok(event?.type === "RequestOpened");
    return event.data.verdict;
  };

  it("approves when all of them hold, freezes what was seen and when, and says it in the thread", () => {
    const both = [seen("onCall", undefined, T0), seen("incident")];
    const verdict = verdictOf(known(...both));
    assert.deepEqual([verdict.automatic?.use, verdict.facts], [1, both]);
    const state = stateOf(opened({ role: "reader" }, { policy, seen: both }));
    const [event] = recorded([opened({ role: "reader" }, { policy, seen: both })]);
    const told = event && narrate(event, state);
    assert.match(
      readableText(told ?? [], String),
      /Policy approved it by itself: on call in primary and incident open by channel \(1 of 2 in 1 d\)\./,
    );
  });

  it("asks people when one of them is no, was not looked at, or is older than a minute, and tells the requester why", () => {
    const incident = seen("incident");
    const cases: [SeenFact[], RegExp][] = [
      [[seen("onCall", "not on call in primary"), incident], /this does not hold: not on call in primary\./],
      [[incident], /primary was not looked at/],
      [[seen("onCall", undefined, T0 - 1), incident], /primary was read too long ago/],
      [[seen("onCall", undefined, T0 + 2 * MINUTE + 1), incident], /primary was read too long ago/],
      [
        [seen("onCall", "not on call in primary"), seen("incident", "no incident")],
        /these do not hold: .*; no incident\./,
      ],
    ];
    for (const [all, why] of cases) {
      const verdict = verdictOf(known(...all));
      assert.deepEqual([verdict.automatic, verdict.spent, verdict.approvers], [undefined, undefined, ["leads"]]);
      assert.equal(
        verdict.facts?.some(({ holds }) => !holds),
        true,
      );
      const state = stateOf(opened({ role: "reader" }, { policy, now: T0 + MINUTE, seen: all }));
      assert.equal(state.phase, "waiting");
      assert.match(
        receiptCard(state)
          .text.map((text) => readableText(text, String))
          .join("\n"),
        why,
      );
    }
  });

  it("refuses with the reason where there is nobody to ask", () => {
    const editor = ask({ target: "status-page", role: "editor" });
    const refused = given()
      .when(editor, known(seen("onCall", "not on call in primary")))
      .then("FACTS_MISSING");
    assert.match(`${refused.message} ${refused.next}`, /not on call in primary\. Nobody else can approve it/);
    const [event] = given()
      .when(editor, known(seen("onCall")))
      .events();
    assert.ok(event?.type === "RequestOpened" && event.data.verdict.automatic !== undefined);
  });

  it("looks at nothing for somebody who may not ask, and nothing when the budget is used up", () => {
    const wanted = (command: typeof reader, changed: Partial<Facts> = {}) =>
      conditionsToSee(command, { ...facts({ policy }), ...changed }).map(({ kind }) => kind);
    assert.deepEqual(wanted(reader), ["onCall", "incident"]);
    assert.deepEqual(wanted(ask({ role: "reader", by: by("carol") })), []);
    assert.deepEqual(wanted(ask()), []);
    const used = stateOf(
      opened(
        { role: "reader" },
        { policy, now: T0, seen: [seen("onCall", undefined, T0), seen("incident", undefined, T0)] },
      ),
    );
    assert.deepEqual(wanted(reader, { earlier: [used, used] }), []);
    assert.notEqual(
      verdictOf({ ...known(), earlier: [used, used].map((each) => ({ ...each, phase: "ended" as const })) }).spent,
      undefined,
    );
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
