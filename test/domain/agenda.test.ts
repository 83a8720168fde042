import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { agenda, isOverdue, nextLook, outstanding, retryMs, warningMs, type Task } from "../../src/domain/agenda.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { approvedBy, at, by, granted, MINUTE, opened, SECOND, stateOf, T0, type Happened } from "./given.ts";
import { LIVES } from "./lives.ts";

const kinds = (after: number, ...happened: readonly Happened[]): Task["kind"][] =>
  outstanding(stateOf(...happened), T0 + after).map(({ kind }) => kind);

const active = [opened(), approvedBy("carol", 0), ...granted(15 * MINUTE, 0)];
const ending = [
  ...active,
  at(15 * MINUTE, { type: "RevokeStarted", actor: CLOCK, data: { cause: "deadline", endAt: T0 + 15 * MINUTE } }),
];
const failed = (attempt: number, after: number) =>
  at(after, { type: "RevokeFailed", actor: CLOCK, data: { attempt, code: "TARGET_UNREACHABLE", problem: "down" } });

describe("while a request waits", () => {
  it("people are called, the emergency path is offered, and then it lapses, each in its time and once", () => {
    const escalated = at(5 * MINUTE, {
      type: "RequestEscalated",
      actor: CLOCK,
      data: { step: 1, to: ["chiefs"], called: [] },
    });
    const offered = at(10 * MINUTE, { type: "EmergencyOffered", actor: CLOCK, data: { maxMs: 5 * MINUTE } });
    assert.deepEqual(kinds(5 * MINUTE - 1, opened()), []);
    assert.deepEqual(kinds(5 * MINUTE, opened()), ["escalate"]);
    assert.deepEqual(kinds(5 * MINUTE, opened(), escalated), []);
    assert.deepEqual(kinds(10 * MINUTE, opened(), escalated), ["offer-emergency"]);
    assert.deepEqual(kinds(10 * MINUTE, opened(), escalated, offered), []);
    assert.deepEqual(kinds(30 * MINUTE, opened(), escalated, offered), ["lapse"]);
  });

  it("nobody is called to what is too late to decide, if no worker was there in time", () => {
    assert.deepEqual(kinds(30 * MINUTE - 1, opened()), ["escalate", "offer-emergency"]);
    assert.deepEqual(kinds(30 * MINUTE, opened()), ["lapse"]);
  });

  it("the escalation says whom", () => {
    const [task] = outstanding(stateOf(opened()), T0 + 5 * MINUTE);
    assert.deepEqual(task, { kind: "escalate", step: 1, to: ["chiefs"] });
  });
});

describe("while access is on", () => {
  it("the requester is warned once, a fifth of the duration before the end and at most 5 minutes", () => {
    assert.deepEqual([4 * SECOND, 15 * MINUTE, 60 * MINUTE].map(warningMs), [800, 3 * MINUTE, 5 * MINUTE]);
    const warned = at(12 * MINUTE, { type: "ExpiryWarned", actor: CLOCK, data: { leftMs: 3 * MINUTE } });
    assert.deepEqual(kinds(12 * MINUTE - 1, ...active), []);
    assert.deepEqual(kinds(12 * MINUTE, ...active), ["warn"]);
    assert.deepEqual(kinds(13 * MINUTE, ...active, warned), []);
  });

  it("nobody is warned of what is over: the revoke comes first", () => {
    assert.deepEqual(kinds(15 * MINUTE, ...active), ["revoke"]);
  });

  it("P12: nothing that anybody can do makes the deadline later", () => {
    const state = stateOf(...active);
    assert.equal(state.deadline, T0 + 15 * MINUTE);
    assert.deepEqual(agenda(state).at(-1), {
      at: T0 + 15 * MINUTE,
      task: { kind: "revoke", attempt: 1, started: false },
    });
  });
});

describe("P4: while access is being ended", () => {
  it("it is tried at once, and again after each failure", () => {
    const tries = (...happened: Happened[]) =>
      agenda(stateOf(...ending, ...happened)).find(({ task }) => task.kind === "revoke");
    assert.deepEqual(tries(), { at: T0 + 15 * MINUTE, task: { kind: "revoke", attempt: 1, started: true } });
    const lastFailure = T0 + 16 * MINUTE;
    assert.deepEqual(tries(failed(1, 15 * MINUTE), failed(2, 16 * MINUTE)), {
      at: lastFailure + retryMs(2, lastFailure),
      task: { kind: "revoke", attempt: 3, started: true },
    });
  });

  it("a minute late pages, and five minutes late says how to do it by hand, each once", () => {
    const overdue = (stage: "page" | "by-hand", after: number) =>
      at(after, { type: "RevokeOverdue", actor: CLOCK, data: { stage, lateMs: 0, commands: [] } });
    const stages = (after: number, ...happened: Happened[]) =>
      outstanding(stateOf(...ending, ...happened), T0 + 15 * MINUTE + after).flatMap((task) =>
        task.kind === "overdue" ? [task.stage] : [],
      );
    const paged = overdue("page", 16 * MINUTE);
    assert.deepEqual(stages(MINUTE - 1), []);
    assert.deepEqual(stages(MINUTE), ["page"]);
    assert.deepEqual(stages(5 * MINUTE - 1, paged), []);
    assert.deepEqual(stages(5 * MINUTE, paged), ["by-hand"]);
    assert.deepEqual(stages(60 * MINUTE, paged, overdue("by-hand", 20 * MINUTE)), []);
  });

  it("it is overdue from its end on, be that the deadline or a person's word", () => {
    const early = at(5 * MINUTE, {
      type: "RevokeStarted",
      actor: by("alice"),
      data: { cause: "ended", endAt: T0 + 5 * MINUTE },
    });
    const overdue = (after: number, ...happened: readonly Happened[]) => isOverdue(stateOf(...happened), T0 + after);
    assert.deepEqual(
      [15 * MINUTE, 15 * MINUTE + 1].map((after) => overdue(after, ...active)),
      [false, true],
    );
    assert.deepEqual(
      [5 * MINUTE, 5 * MINUTE + 1].map((after) => overdue(after, ...active, early)),
      [false, true],
    );
    assert.ok(!overdue(60 * MINUTE, opened()));
  });
});

describe("when it is over", () => {
  it("nothing is ahead of it", () => {
    for (const name of ["to-its-deadline", "denied", "withdrawn", "lapsed", "failed", "given-too-late"] as const) {
      const state = stateOf(...LIVES[name]);
      assert.deepEqual(agenda(state), [], name);
      assert.equal(nextLook(state), undefined);
    }
  });

  it("access that a target gives after all begins to end anew, at once", () => {
    const late = LIVES["given-too-late"].slice(0, -1);
    const state = stateOf(...late);
    assert.equal(state.phase, "ending");
    assert.deepEqual(outstanding(state, T0 + 2 * MINUTE), [{ kind: "revoke", attempt: 1, started: true }]);
  });
});
