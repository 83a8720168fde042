import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { agenda, outstanding } from "../../src/domain/agenda.ts";
import { requestConfirmation } from "../../src/cards/confirmation.ts";
import { posts } from "../../src/cards/posts.ts";
import { decide } from "../../src/domain/decide.ts";
import { due, marginMs, planned, type Plan, type Recurring } from "../../src/domain/drill-plan.ts";
import { scoreOf } from "../../src/domain/drill-score.ts";
import { narrateProgram } from "../../src/domain/narrate-program.ts";
import { CLOCK, type Actor } from "../../src/domain/people.ts";
import { refuseReader } from "../../src/domain/record-rules.ts";
import { humans } from "../../src/domain/policy/humans.ts";
import { loadPolicy } from "../../src/domain/policy/load.ts";
import { readableText } from "../support/readable-text.ts";
import { ANY_PROVIDER } from "./acme-policy.ts";
import { begun, rehearsed, REHEARSED_POLICY } from "./drill-policy.ts";
import {
  approvedBy,
  ask,
  at,
  by,
  facts,
  given,
  granted,
  ID,
  MINUTE,
  recorded,
  refusal,
  SECOND,
  stateOf,
  T0,
  type Happened,
} from "./given.ts";

const DAY = 86_400_000;
const now = (after: number, more = {}) => facts({ policy: rehearsed, now: T0 + after, ...more });
const asks = (who: Actor, role?: string, target = "orders-db") =>
  ({ type: "OpenDrill", by: who, target, role }) as const;
const over = [
  approvedBy("carol", 30 * SECOND),
  ...granted(5 * MINUTE + 30 * SECOND),
  at(32 * SECOND, { type: "DrillTried", actor: CLOCK, data: { works: "yes", what: "it logged in" } }),
  at(32 * SECOND, { type: "RevokeStarted", actor: CLOCK, data: { cause: "ended", endAt: T0 + 32 * SECOND } }),
];

describe("who may begin a drill, and of what", () => {
  it("whoever may ask for the role, administrators, and the clock; of what the policy names", () => {
    const opened = (who: Actor, role?: string) => decide(undefined, asks(who, role), now(0))[0];
    assert.equal(opened(CLOCK, "writer")?.type, "RequestOpened");
    assert.equal(opened(by("alice"), "owner")?.actor.person, "alice");
    refusal(() => opened(by("dave"), "writer"), "DRILL_NOT_ALLOWED");
    const admins = { ...rehearsed, admins: ["dba"] };
    assert.ok(decide(undefined, asks(by("dave"), "writer"), now(0, { policy: admins })));
    assert.match(refusal(() => opened(by("alice")), "DRILL_UNKNOWN").next, /drill orders-db writer/);
    assert.match(
      refusal(() => opened(by("alice"), "reader"), "DRILL_UNKNOWN").next,
      /orders-db writer and orders-db owner/,
    );
    refusal(() => decide(undefined, asks(CLOCK, "editor", "status-page"), now(0)), "DRILL_UNKNOWN");
    refusal(() => decide(undefined, asks({ via: "cli" }, "writer"), now(0)), "DRILL_NOT_ALLOWED");
  });

  it("one at a time, and nobody's own request is held up by it", () => {
    const running = stateOf(begun());
    const earlier = { earlier: [running] };
    refusal(() => decide(undefined, asks(by("alice"), "writer"), now(MINUTE, earlier)), "REQUEST_DUPLICATE");
    const ended = stateOf(
      begun(),
      ...over,
      at(33 * SECOND, { type: "RevokeFailed", actor: CLOCK, data: { attempt: 1, code: "X", problem: "?" } }),
    );
    refusal(() => decide(undefined, asks(CLOCK, "writer"), now(MINUTE, { earlier: [ended] })), "REQUEST_DUPLICATE");
    assert.ok(decide(undefined, asks(CLOCK, "owner"), now(MINUTE, earlier)));
    assert.ok(decide(undefined, ask(), now(MINUTE)));
  });

  it("asks the same people as the role does, and goes ahead alone in no case", () => {
    const { event } = begun();
    assert.ok(event.type === "RequestOpened");
    const { requester, verdict, durationMs, drill } = event.data;
    assert.deepEqual(
      [requester, verdict.approvers, verdict.quorum, verdict.emergency, verdict.review, durationMs, drill],
      ["fire-drill", ["dba", "leads"], 1, undefined, undefined, 5 * MINUTE, { by: "schedule", dueAt: T0 }],
    );
    // Whether anybody is there is what it finds out.
    const nobody = new Map();
    assert.ok(decide(undefined, asks(CLOCK, "writer"), now(0, { groups: nobody })));
  });
});

describe("what people can do with a drill", () => {
  const byHand = { after: 0, event: decide(undefined, asks(by("bob"), "writer"), now(0))[0] ?? begun().event };

  it("whoever began it decides nothing on it, and may end it", () => {
    given(byHand)
      .when({ type: "Approve", by: by("bob") }, now(MINUTE))
      .then("OWN_REQUEST");
    assert.equal(
      given(byHand)
        .when({ type: "Approve", by: by("carol") }, now(MINUTE))
        .events()[0]?.type,
      "ApprovalGiven",
    );
    assert.equal(
      given(byHand)
        .when({ type: "EndEarly", by: by("bob") }, now(MINUTE))
        .events()[0]?.type,
      "RequestWithdrawn",
    );
    given(byHand)
      .when({ type: "EndEarly", by: by("alice") }, now(MINUTE))
      .then("NOT_REQUESTER");
  });

  it("whoever began it is not called to vote on it either", () => {
    assert.ok(byHand.event.type === "RequestOpened");
    assert.deepEqual(byHand.event.data.verdict.called, ["dave", "carol"]);
  });

  it("its record is for whoever began it too, and for nobody else who may neither decide nor administer", () => {
    const [event] = decide(undefined, asks(by("alice"), "writer"), now(0));
    assert.ok(event);
    const state = stateOf({ after: 0, event });
    const read = (person: string) => {
      refuseReader(state, by(person), now(MINUTE));
    };
    read("alice");
    read("carol");
    assert.throws(() => {
      read("mallory");
    }, /The record of BG-\w+ is for those who have to do with it/);
  });

  it("where approvers have a key, the page that they confirm it on says what it is", () => {
    const { title, lead } = requestConfirmation(stateOf(byHand), "approve");
    assert.equal(title, "DRILL · Approve BG-7K3M2Q");
    assert.match(readableText(lead, String), /This is a drill: nobody is let in/);
  });

  it("nobody gets at its access: not who began it, not in whose name it is, not by the emergency path", () => {
    const on = [byHand, approvedBy("carol"), ...granted(5 * MINUTE)];
    const drill = { person: "fire-drill", via: "slack", account: "U0X" } as const;
    for (const who of [by("bob"), by("carol"), drill]) {
      given(...on)
        .when({ type: "Reveal", by: who }, now(MINUTE, { credentialWaits: true }))
        .then("DRILL_CREDENTIAL");
      given(...on)
        .when({ type: "RotateCredential", by: who }, now(MINUTE))
        .then("DRILL_CREDENTIAL");
      given(byHand)
        .when({ type: "BreakGlass", by: who }, now(20 * MINUTE))
        .then("DRILL_CREDENTIAL");
    }
    const lapsed = at(30 * MINUTE, { type: "RequestLapsed", actor: CLOCK, data: {} });
    const told = posts(ID, recorded([byHand, lapsed]), "").filter(({ lane }) => lane === "private");
    assert.deepEqual(told, []);
    const private_ = posts(ID, recorded(on), "").filter(({ lane }) => lane === "private");
    assert.deepEqual(private_, []);
  });
});

describe("the way of a drill", () => {
  it("is tried as soon as it is on, warns nobody, and is scored when it is over", () => {
    const kinds = (...happened: readonly Happened[]) => agenda(stateOf(...happened)).map(({ task }) => task.kind);
    assert.deepEqual(kinds(begun("owner")), ["lapse", "vote-drill"]);
    assert.ok(!kinds(begun()).includes("vote-drill"));
    const on = [begun(), approvedBy("carol"), ...granted(5 * MINUTE)];
    assert.deepEqual(kinds(...on), ["revoke", "try-drill"]);
    // What was not tried by its deadline is ended all the same, and not tried after that.
    assert.deepEqual(outstanding(stateOf(...on), T0 + 6 * MINUTE), [{ kind: "revoke", attempt: 1, started: false }]);
    const lapsed = [begun(), at(30 * MINUTE, { type: "RequestLapsed", actor: CLOCK, data: {} })] as const;
    assert.deepEqual(kinds(...lapsed), ["score-drill"]);
    const score = { type: "DrillScored", actor: CLOCK, data: { passed: false, steps: {} } } as const;
    assert.deepEqual(kinds(...lapsed, at(30 * MINUTE, score)), []);
  });

  it("has the time to each step, and fails when its end is a minute late", () => {
    const gone = (lateMs: number) =>
      at(32 * SECOND + lateMs, {
        type: "RevokeSucceeded",
        actor: CLOCK,
        data: { lateMs, attempt: 3, done: [], revokedAt: T0 + 31 * SECOND + lateMs },
      });
    const scored = (lateMs: number) => {
      const state = stateOf(begun(), ...over, gone(lateMs));
      assert.ok(state.drill);
      return scoreOf({ ...state, drill: state.drill });
    };
    assert.deepEqual(scored(2_000), {
      ...{ passed: true, failure: undefined, lateMs: 2_000, revokes: 3 },
      steps: { approved: 30_000, granted: 31_200, works: 32_000, revoked: 33_000, checked: 34_000 },
    });
    assert.equal(scored(59_999).passed, true);
    assert.deepEqual([scored(60_000).passed, scored(60_000).failure], [false, "late"]);
  });

  it("P4: a revoke that fails in a drill is tried on and pages as any, and says that it is a drill", () => {
    const failed = at(33 * SECOND, {
      type: "RevokeFailed",
      actor: CLOCK,
      data: { attempt: 1, code: "X", problem: "?" },
    });
    const ending = [begun(), ...over, failed];
    assert.deepEqual(
      outstanding(stateOf(...ending), T0 + 92 * SECOND).map(({ kind }) => kind),
      ["revoke", "overdue"],
    );
    const paged = at(92 * SECOND, {
      type: "RevokeOverdue",
      actor: CLOCK,
      data: { stage: "page", lateMs: 60_000, commands: [] },
    });
    const gone = at(95 * SECOND, {
      type: "RevokeSucceeded",
      actor: CLOCK,
      data: { lateMs: 63_000, attempt: 2, done: [] },
    });
    const pages = posts(ID, recorded([...ending, paged, gone]), "").filter(({ lane }) => lane === "security");
    const [page = "", later = ""] = pages.map(({ content }) =>
      "text" in content ? readableText(content.text, String) : "",
    );
    assert.match(page, /^@\S+ DRILL · BG-7K3M2Q: 🔴 Overdue by 1 min/);
    assert.match(later, /^DRILL · BG-7K3M2Q: Gone, and checked/);
  });
});

describe("when a drill is due", () => {
  const [rule] = rehearsed.drills as [Recurring, ...unknown[]];
  const plan = (changed: Partial<Plan> = {}): Plan => ({
    ...{ plannedAt: T0, person: "fire-drill", everyMs: 30 * DAY, dueAt: T0 + DAY },
    ...changed,
  });
  const margin = marginMs(rule.every);

  it("as planned at first, then a period after the last one; announced a day ahead, and not begun before that", () => {
    assert.equal(margin, DAY);
    assert.deepEqual(due(rule, plan(), undefined, T0), {
      ...{ dueAt: T0 + DAY, announce: true, begin: false, missed: false, nextAt: T0 },
    });
    const told = plan({ announcedFor: T0 + DAY });
    assert.equal(due(rule, told, undefined, T0 + DAY - 1).begin, false);
    assert.equal(due(rule, told, undefined, T0 + DAY).begin, true);
    assert.equal(due(rule, plan(), undefined, T0 + DAY).begin, false);
    const later = due(rule, told, T0 + DAY, T0 + 2 * DAY);
    assert.deepEqual([later.dueAt, later.announce, later.nextAt], [T0 + 31 * DAY, false, T0 + 30 * DAY]);
  });

  it("missed a tenth of its period late, once; and what runs late is not missed again", () => {
    const told = plan({ announcedFor: T0 + DAY });
    assert.equal(due(rule, told, undefined, T0 + DAY + margin - 1).missed, false);
    assert.equal(due(rule, told, undefined, T0 + DAY + margin).missed, true);
    assert.equal(due(rule, { ...told, missedFor: T0 + DAY }, undefined, T0 + 5 * DAY).missed, false);
  });

  it("one that could not be announced in time says so", () => {
    const said = (at: number) => {
      const data = { target: "orders-db", role: "writer", dueAt: T0 };
      const [event] = recorded([{ after: at - T0, event: { type: "DrillAnnounced", actor: CLOCK, data } }]);
      assert.ok(event);
      return readableText(narrateProgram(event) ?? [], String);
    };
    assert.match(said(T0 - 1), /^A drill of writer on orders-db comes \S/);
    assert.doesNotMatch(said(T0 - 1), /it was due/);
    assert.match(said(T0 + DAY), /^A drill of writer on orders-db comes now; it was due /);
  });

  it("a rule that comes more often is planned anew, and is not missed for that", () => {
    const often = { ...rule, every: DAY };
    const event = planned(often, plan(), T0, T0 + 20 * DAY);
    assert.ok(event?.type === "DrillPlanned");
    assert.equal(event.data.dueAt, T0 + 20 * DAY + marginMs(DAY));
    assert.equal(planned(rule, plan(), T0, T0 + 20 * DAY), undefined);
  });
});

describe("drills in the policy", () => {
  const problems = (from: string, to: string, policy = REHEARSED_POLICY): string[] => {
    assert.ok(policy.includes(from), from);
    const loaded = loadPolicy(policy.replace(from, to), { env: {}, providers: ANY_PROVIDER });
    return "problems" in loaded ? loaded.problems.map(({ path, message }) => `${path}: ${message}`) : [];
  };
  const writer = "role: writer, person: fire-drill, every: 30d";

  it("are wrong where nobody could see it at 3 a.m., and it is said how they would be right", () => {
    for (const [from, to, expected] of [
      [
        "target: orders-db, role: writer",
        "target: orders, role: writer",
        /drills\.0\.target: There is no target orders\./,
      ],
      [writer, writer.replace("writer", "owner"), /drills\.1: There is a drill of orders-db owner already\./],
      [
        writer,
        writer.replace("writer", "wirter"),
        /drills\.0\.role: orders-db has no role wirter\. There are: writer, owner, reader\./,
      ],
      [writer, writer.replace("fire-drill", "alice"), /drills\.0\.person: alice is a real person/],
      ["provider: scripted", "provider: vault", /drills\.0\.target: orders-db is a sealed account/],
      [writer, writer.replace("30d", "5m"), /drills\.0\.every: Not more often than every 10 min\./],
      ["approver: marshal", "approver: fire-drill", /drills\.1\.approver: Nobody approves their own request/],
      [
        "leads: [bob, carol]",
        "leads: [bob, carol, marshal]",
        /groups\.leads\.2: marshal is only for drills, and can be in no group/,
      ],
      [
        "Fire drill, drill: true",
        "Fire drill, slack: U0ALICE2, drill: true",
        /people\.fire-drill\.drill: fire-drill is only for drills, and has no account/,
      ],
      ["duration: 2m", "duration: 30m", /drills\.1\.duration: owner allows at most 10 min\./],
      [
        "approvers: [leads, dba] }",
        "approvers: [leads, dba] }\n        stepUp: [approver]",
        /drills\.1\.approver: owner asks its approvers for a security key/,
      ],
      [
        "approvers: [leads, dba] }",
        "approvers: [leads, dba] }\n        stepUp: [requester]",
        /drills\.1\.role: owner asks its requester for a security key, and a drill has none/,
      ],
    ] as const)
      assert.match(problems(from, to).join("\n"), expected);
    const [onFacts, without] = [
      REHEARSED_POLICY.replace("approvers: [leads, dba] }", "automatic: { when: [{ incident: channel }] } }"),
      "approver: marshal, ",
    ];
    assert.deepEqual(problems(writer, writer), []);
    assert.deepEqual(problems(without, without, onFacts), []);
    assert.match(problems(without, "", onFacts).join(), /drills\.1\.approver: owner is approved on facts alone/);
  });

  it("are in the name of nobody, who is not among the people that own a follow-up", () => {
    const everybody = Object.keys(rehearsed.people);
    assert.deepEqual(
      everybody.filter((person) => !humans(rehearsed).includes(person)),
      ["fire-drill", "marshal"],
    );
  });
});
