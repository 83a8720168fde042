import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Said } from "../../src/domain/review.ts";
import { chooseReviewer } from "../../src/domain/decide-review.ts";
import { nextLook, outstanding } from "../../src/domain/agenda.ts";
import { CLOCK, type Actor } from "../../src/domain/people.ts";
import type { Facts } from "../../src/domain/commands.ts";
import { ACME_POLICY, policyOf } from "./acme-policy.ts";
import { TO_ITS_DEADLINE } from "./lives.ts";
import { approvedBy, ask, at, by, facts, given, groups, MINUTE, opened, stateOf, T0, type Happened } from "./given.ts";

const HOUR = 60 * MINUTE;
const REVIEWED = policyOf(
  ACME_POLICY.replace("targets:\n", "review: { by: [leads, chiefs], due: 24h, gate: true }\ntargets:\n"),
);
const knowing = (known: Partial<Facts> = {}) => facts({ policy: REVIEWED, ...known });
const ENDED = 16 * MINUTE;

/** Alice's access, approved by Carol, has ended. */
const ended: readonly Happened[] = [opened({}, { policy: REVIEWED }), ...TO_ITS_DEADLINE.slice(1)];
const underReview = [
  ...ended,
  at(ENDED, {
    type: "ReviewOpened",
    actor: CLOCK,
    data: { reviewer: "bob", by: ["leads", "chiefs"], dueAt: T0 + ENDED + 24 * HOUR },
  }),
];
const SAID: Said = {
  ...{ use: "emergency", needed: "partly", duration: "too-long", scope: "right", prevention: "A  retry\nbutton." },
  followUps: [{ what: "build the button", owner: "alice", due: "2026-12-01" }],
};
const submit = (who: Actor, changed: Partial<Said> = {}) =>
  ({ type: "SubmitReview", by: who, said: { ...SAID, ...changed } }) as const;
const reviewed = [
  ...underReview,
  at(20 * MINUTE, {
    type: "ReviewSubmitted",
    actor: by("bob"),
    data: {
      ...{ use: "emergency", needed: "partly", duration: "too-long", scope: "right" },
      followUps: [{ owner: "alice", due: "2026-12-01" }],
    },
    notes: { prevention: "A retry button.", "follow-up 1": "build the button" },
  }),
];

describe("a post-incident review", () => {
  it("is asked for when access has ended, and not when there was none", () => {
    assert.deepEqual(
      outstanding(stateOf(...ended), T0 + ENDED).map(({ kind }) => kind),
      ["open-review"],
    );
    const denied = stateOf(
      opened({}, { policy: REVIEWED }),
      at(MINUTE, { type: "RequestDenied", actor: by("carol"), data: {}, notes: { reason: "no" } }),
    );
    assert.equal(nextLook(denied), undefined);
    assert.equal(nextLook(stateOf(...TO_ITS_DEADLINE)), undefined, "the policy says nothing of reviews");
  });

  it("is compulsory for an emergency, whatever the policy says", () => {
    const alone = stateOf(
      opened(),
      at(11 * MINUTE, { type: "EmergencyInvoked", actor: by("alice"), data: { durationMs: 5 * MINUTE } }),
      ...TO_ITS_DEADLINE.slice(2),
    );
    const [task] = outstanding(alone, T0 + HOUR);
    assert.deepEqual(task, {
      kind: "open-review",
      terms: { by: ["dba", "leads"], dueMs: 24 * HOUR, emergencyOnly: true },
    });
  });

  it("goes to one who neither asked nor approved", () => {
    assert.equal(chooseReviewer(stateOf(...ended), groups({ chiefs: [] }), ["leads", "chiefs"]), "bob");
    const byBoth = stateOf(opened({ by: by("erin") }, { policy: REVIEWED }), approvedBy("bob"));
    assert.equal(chooseReviewer(byBoth, groups({ leads: ["bob"] }), ["leads", "chiefs"]), undefined);
  });

  it("is taken from a reviewer, with what is to be done", () => {
    const [event] = given(...underReview)
      .when(submit(by("bob")), knowing())
      .events();
    assert.deepEqual(event, reviewed.at(-1)?.event);
  });

  it("is not taken from who asked, who approved, who is no reviewer, nor twice", () => {
    for (const person of ["alice", "carol", "dave"])
      given(...underReview)
        .when(submit(by(person)), knowing())
        .then("NOT_REVIEWER");
    given(...reviewed)
      .when(submit(by("erin")), knowing())
      .then("REVIEW_NOT_OPEN");
    given(...ended)
      .when(submit(by("bob")), knowing())
      .then("REVIEW_NOT_OPEN");
  });

  it("is complete: an answer to each question, what was missing, and follow-ups that somebody can do", () => {
    const followUp = { what: "x", owner: "alice", due: "2026-12-01" };
    for (const wrong of [
      { use: "fun" },
      { needed: "" },
      { needed: "no", prevention: " \u200b" },
      { followUps: [{ ...followUp, what: " " }] },
      { followUps: [{ ...followUp, owner: "nobody" }] },
      { followUps: [{ ...followUp, due: "soon" }] },
      { followUps: [{ ...followUp, due: "2026-02-31" }] },
      { followUps: [{ ...followUp, due: "2026-11-22" }] },
      { followUps: [followUp, followUp, followUp, followUp] },
    ])
      given(...underReview)
        .when(submit(by("bob"), wrong), knowing())
        .then("REVIEW_INVALID");
  });

  it("is reminded of when a quarter of its time is left, and each day from when it is due on", () => {
    const kinds = (happened: readonly Happened[], after: number) =>
      outstanding(stateOf(...happened), T0 + after).map((task) => [task.kind, "overdue" in task && task.overdue]);
    assert.deepEqual(kinds(underReview, ENDED + 18 * HOUR - 1), []);
    assert.deepEqual(kinds(underReview, ENDED + 18 * HOUR), [["remind-review", false]]);
    const reminding = (overdue: boolean, after: number) =>
      at(after, { type: "ReviewReminded", actor: CLOCK, data: { overdue, leftMs: 0 } });
    const reminded = [...underReview, reminding(false, ENDED + 18 * HOUR)];
    assert.deepEqual(kinds(reminded, ENDED + 23 * HOUR), []);
    assert.deepEqual(kinds(reminded, ENDED + 24 * HOUR), [["remind-review", true]]);
    const late = [...reminded, reminding(true, ENDED + 24 * HOUR)];
    assert.deepEqual(kinds(late, ENDED + 47 * HOUR), []);
    assert.deepEqual(kinds(late, ENDED + 48 * HOUR), [["remind-review", true]]);
  });

  it("leaves follow-ups, which are reminded of until their owner or a reviewer says they are done", () => {
    const due = Date.UTC(2026, 11, 2) - T0;
    assert.deepEqual(outstanding(stateOf(...reviewed), T0 + due - 1), []);
    assert.deepEqual(outstanding(stateOf(...reviewed), T0 + due), [{ kind: "remind-follow-up", nth: 1 }]);
    const told = [...reviewed, at(due, { type: "FollowUpReminded", actor: CLOCK, data: { nth: 1 } })];
    assert.deepEqual(outstanding(stateOf(...told), T0 + due + 6 * 24 * HOUR), []);
    assert.equal(outstanding(stateOf(...told), T0 + due + 7 * 24 * HOUR).length, 1);
    const done = (person: string, nth = 1) => ({ type: "CloseFollowUp", by: by(person), nth }) as const;
    given(...told)
      .when(done("dave"), knowing())
      .then("NOT_REVIEWER");
    given(...told)
      .when(done("alice", 2), knowing())
      .then("FOLLOW_UP_UNKNOWN");
    const [event] = given(...told)
      .when(done("alice"), knowing())
      .events();
    assert.ok(event);
    const over = [...told, at(due + MINUTE, event)];
    assert.equal(nextLook(stateOf(...over)), undefined);
    given(...over)
      .when(done("bob"), knowing())
      .then("FOLLOW_UP_UNKNOWN");
  });
});

describe("an overdue review", () => {
  const unreviewed = [stateOf(...underReview)];
  const late = { now: T0 + ENDED + 25 * HOUR, unreviewed };
  const owner = ask({ by: by("bob"), role: "owner" });

  it("holds up its team, and says which and why", () => {
    const { message } = given().when(owner, knowing(late)).then("REVIEW_OVERDUE");
    assert.match(message, /The review of BG-7K3M2Q is overdue/);
  });

  it("holds nobody up before it is due, nor another team, nor where the policy has no gate", () => {
    given()
      .when(owner, knowing({ ...late, now: T0 + ENDED + 23 * HOUR }))
      .events();
    given()
      .when(owner, knowing({ ...late, groups: groups({ sre: ["alice", "erin"] }) }))
      .then("ROLE_NOT_ALLOWED");
    const open = policyOf(ACME_POLICY.replace("targets:\n", "review: { by: [leads] }\ntargets:\n"));
    const ungated = [opened({}, { policy: open }), ...underReview.slice(1)];
    given()
      .when(owner, facts({ ...late, policy: open, unreviewed: [stateOf(...ungated)] }))
      .events();
  });

  it("leaves the emergency path open, and nothing else", () => {
    const held = opened({ by: by("bob") }, knowing(late));
    given(held)
      .when({ type: "Approve", by: by("carol") }, knowing())
      .then("REVIEW_OVERDUE");
    const alone = given(held).when({ type: "BreakGlass", by: by("bob") }, knowing({ now: T0 + 11 * MINUTE }));
    assert.deepEqual(
      alone.events().map(({ type }) => type),
      ["EmergencyInvoked"],
    );
  });
});
