import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { agenda, GRANT_LEASE_MS, isOverdue, nextLook, outstanding, retryMs } from "../../src/domain/agenda.ts";
import type { Command } from "../../src/domain/commands.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { votingGroups } from "../../src/domain/decide.ts";
import { CLOCK, peopleOf } from "../../src/domain/people.ts";
import { isOver, mayHaveAccess } from "../../src/domain/request.ts";
import { Refusal } from "../../src/errors.ts";
import { ask, by, ID, MINUTE, Scene } from "../support/scene.ts";

const PEOPLE = ["alice", "bob", "carol", "dave"];

type Step =
  | {
      readonly do: "command";
      readonly type: Exclude<Command["type"], "OpenRequest" | "OpenDrill" | "SubmitReview" | "CloseFollowUp">;
      readonly person: string;
    }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "look"; readonly succeeds: boolean }
  /** The target answers a grant or a rotation that is under way, however late. */
  | { readonly do: "answer"; readonly succeeds: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant("command" as const),
    type: fc.constantFrom(
      "Approve",
      "Deny",
      "Withdraw",
      "BreakGlass",
      "EndEarly",
      "RevokeNow",
      "RotateCredential",
      "Reveal",
    ),
    person: fc.constantFrom(...PEOPLE),
  }),
  fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 20 * MINUTE }) }),
  fc.record({ do: fc.constantFrom("look" as const, "answer" as const), succeeds: fc.boolean() }),
);

/** What a worker would record for the first task that is outstanding; a target may fail. */
function lookOnce(scene: Scene, succeeds: boolean): void {
  const { state, now } = scene;
  const [task] = outstanding(state, now);
  if (task === undefined) return;
  const event = eventFor(scene, task, succeeds);
  scene.happens(event);
}

function eventFor({ state, now }: Scene, task: ReturnType<typeof outstanding>[number], succeeds: boolean): NewEvent {
  const actor = CLOCK;
  switch (task.kind) {
    case "lapse":
      return { type: "RequestLapsed", actor, data: {} };
    case "escalate":
      return { type: "RequestEscalated", actor, data: { step: task.step, to: [...task.to], called: [] } };
    case "offer-emergency":
      return { type: "EmergencyOffered", actor, data: { maxMs: task.maxMs } };
    case "warn":
      return { type: "ExpiryWarned", actor, data: { leftMs: task.leftMs } };
    case "give-up":
      return { type: "GrantFailed", actor, data: { attempt: 1, code: "TOO_LATE", problem: "late", unknown: false } };
    case "grant": {
      const { attempt, deadline } = task;
      return { type: "GrantStarted", actor, data: { attempt, deadline } };
    }
    case "open-review":
      return { type: "ReviewOpened", actor, data: { by: task.terms.by, dueAt: now + task.terms.dueMs } };
    case "remind-review":
      return { type: "ReviewReminded", actor, data: { overdue: task.overdue, leftMs: task.dueAt - now } };
    case "remind-follow-up":
      return { type: "FollowUpReminded", actor, data: { nth: task.nth } };
    case "rotate":
      return { type: "CredentialRotationStarted", actor, data: { number: task.number, attempt: task.attempt } };
    case "vote-drill":
      return { type: "ApprovalGiven", actor: { ...actor, person: task.approver }, data: { votes: 1, quorum: 1 } };
    case "try-drill":
      return { type: "DrillTried", actor, data: { works: succeeds ? "yes" : "no" } };
    case "score-drill":
      return { type: "DrillScored", actor, data: { passed: succeeds, steps: {} } };
    case "overdue":
      return { type: "RevokeOverdue", actor, data: { stage: task.stage, lateMs: 0, commands: [] } };
    case "revoke":
      if (!task.started)
        return { type: "RevokeStarted", actor, data: { cause: "deadline", endAt: state.deadline ?? now } };
      return succeeds
        ? { type: "RevokeSucceeded", actor, data: { lateMs: 0, attempt: task.attempt, done: [] } }
        : { type: "RevokeFailed", actor, data: { attempt: task.attempt, code: "TARGET_UNREACHABLE", problem: "down" } };
  }
}

function answer(scene: Scene, succeeds: boolean): void {
  const { grant, rotation, deadline = 0 } = scene.state;
  const handle = { request: ID, name: "bg_7k3m2q" };
  if (rotation !== undefined && rotation.attempt > 0) {
    const failed = { code: "TARGET_TIMEOUT", problem: "?", unknown: true };
    scene.happens(
      succeeds
        ? { type: "CredentialRotated", actor: CLOCK, data: { ...rotation, handle } }
        : { type: "CredentialRotationFailed", actor: CLOCK, data: { ...rotation, ...failed } },
    );
  }
  if (grant?.outcome !== "open") return;
  const { attempt } = grant;
  scene.happens(
    succeeds
      ? { type: "GrantSucceeded", actor: CLOCK, data: { attempt, deadline, handle, credential: true } }
      : { type: "GrantFailed", actor: CLOCK, data: { attempt, code: "TARGET_TIMEOUT", problem: "?", unknown: true } },
  );
}

/** Plays steps on a fresh request and calls `check` after each. */
function playing(approval: string, steps: readonly Step[], check: (scene: Scene) => void): void {
  const scene = new Scene(approval);
  scene.when(ask());
  for (const each of steps) {
    if (each.do === "wait") scene.later(each.ms);
    else if (each.do === "look") lookOnce(scene, each.succeeds);
    else if (each.do === "answer") answer(scene, each.succeeds);
    else {
      try {
        scene.when({ type: each.type, by: by(each.person), reason: "because" });
      } catch (error) {
        assert.ok(error instanceof Refusal, String(error));
      }
    }
    check(scene);
  }
}

const APPROVALS = [
  "{ quorum: 2, approvers: [leads, backup], escalate: [{ after: 5m, to: [backup] }] }",
  "{ approvers: [leads], emergency: { after: 10m, max: 5m } }",
  "automatic",
];

describe("whatever people and the clock do, in any order", () => {
  for (const approval of APPROVALS) {
    const always = (check: (scene: Scene) => void) => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
          playing(approval, steps, check);
        }),
        { numRuns: 150 },
      );
    };

    it(`P10: no access without enough distinct other people, policy, or an emergency (${approval})`, () => {
      always(({ state, groups }) => {
        const eligible = peopleOf(groups, votingGroups(state));
        assert.ok(state.approvals.every(({ by: voter }) => eligible.includes(voter.person ?? "")));
        if (state.approvedAt === undefined) return;
        const voters = new Set(state.approvals.map(({ by: voter }) => voter.person));
        assert.ok(!voters.has(state.requester));
        assert.ok(voters.size >= state.verdict.quorum || state.emergency || state.verdict.automatic !== undefined);
      });
    });

    it(`P12: a deadline, once set, never moves (${approval})`, () => {
      let deadline: number | undefined;
      let request: unknown;
      always(({ state, events }) => {
        if (events !== request) deadline = undefined;
        request = events;
        if (deadline !== undefined) assert.equal(state.deadline, deadline);
        deadline = state.deadline;
      });
    });

    it(`P6: it is decided once (${approval})`, () => {
      always(({ events, state }) => {
        const decisions = events.filter(({ type }) =>
          ["RequestDenied", "RequestWithdrawn", "RequestLapsed", "EmergencyInvoked"].includes(type),
        ).length;
        const approved =
          state.approvals.length >= state.verdict.quorum || state.verdict.automatic !== undefined ? 1 : 0;
        assert.ok(decisions + approved <= 1, events.map(({ type }) => type).join(" "));
      });
    });

    it(`P1, P2, P4: what may have access has a revoke ahead, at its deadline or within a minute of the last try (${approval})`, () => {
      always(({ state, now }) => {
        if (!mayHaveAccess(state)) return;
        const revoke = agenda(state).find(({ task }) => task.kind === "revoke");
        assert.ok(revoke, state.phase);
        const latest = Math.max(
          state.ending?.endAt ?? state.deadline ?? 0,
          (state.ending?.lastFailureAt ?? 0) + MINUTE,
        );
        assert.ok(revoke.at <= latest, `${revoke.at - latest} ms too late`);
        assert.ok(state.deadline !== undefined);
        if (now > latest) assert.ok(outstanding(state, now).some(({ kind }) => kind === "revoke"));
      });
    });

    it(`what is over wants nothing, and what isn't always wants a look (${approval})`, () => {
      always(({ state, now }) => {
        assert.equal(nextLook(state) === undefined, isOver(state), state.phase);
        if (isOver(state)) assert.ok(!isOverdue(state, now));
      });
    });
  }
});

describe("the agenda", () => {
  it("P4: waits 1 s after a first failure, doubling to at most a minute, a tenth less at most, for ever", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 0, max: 4e12 }), (failures, at) => {
        const full = Math.min(1_000 * 2 ** (failures - 1), MINUTE);
        const waited = retryMs(failures, at);
        assert.ok(waited <= full && waited >= full * 0.9 - 1, `${failures}: ${waited}`);
      }),
    );
  });

  it("asks a target again only when the one who asked before has had its time, and never after the deadline", () => {
    const scene = new Scene("automatic");
    scene.when(ask());
    const deadline = scene.state.deadline ?? 0;
    scene.happens({ type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline } });
    assert.deepEqual(outstanding(scene.state, scene.now + GRANT_LEASE_MS - 1), []);
    assert.deepEqual(outstanding(scene.state, scene.now + GRANT_LEASE_MS), [{ kind: "grant", attempt: 2, deadline }]);
    assert.deepEqual(
      outstanding(scene.state, deadline).map(({ kind }) => kind),
      ["revoke"],
    );
  });

  it("gives up what no worker came to in time", () => {
    const scene = new Scene("automatic");
    scene.when(ask());
    assert.deepEqual(outstanding(scene.state, scene.state.deadline ?? 0), [{ kind: "give-up", attempt: 1 }]);
  });
});
