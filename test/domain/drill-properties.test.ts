import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { nextLook, outstanding, type Task } from "../../src/domain/agenda.ts";
import { decide } from "../../src/domain/decide.ts";
import { scoreOf } from "../../src/domain/drill-score.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { CLOCK } from "../../src/domain/people.ts";
import type { RequestState } from "../../src/domain/request.ts";
import { Refusal } from "../../src/errors.ts";
import { rehearsed } from "./drill-policy.ts";
import { at, by, facts, ID, MINUTE, stateOf, T0, type Happened } from "./given.ts";

describe("a drill, whatever people and the clock do in any order", () => {
  const TYPES = [
    "Approve",
    "Deny",
    "Withdraw",
    "BreakGlass",
    "EndEarly",
    "RevokeNow",
    "RotateCredential",
    "Reveal",
  ] as const;
  const step = fc.oneof(
    fc.record({ type: fc.constantFrom(...TYPES), person: fc.constantFrom("alice", "bob", "carol", "fire-drill") }),
    fc.record({ wait: fc.integer({ min: 1, max: 10 * MINUTE }) }),
    fc.record({ look: fc.boolean() }),
  );
  type Step = { type?: (typeof TYPES)[number]; person?: string; wait?: number; look?: boolean };

  /** What a worker records for a task; a target may fail. */
  const done = (task: Task, state: RequestState, succeeds: boolean): NewEvent[] => {
    const failed = { code: "TARGET_TIMEOUT", problem: "?" };
    const deadline = state.deadline ?? 0;
    const own = (event: Omit<NewEvent, "actor">) => ({ ...event, actor: CLOCK }) as NewEvent;
    switch (task.kind) {
      case "lapse":
        return [own({ type: "RequestLapsed", data: {} })];
      case "vote-drill":
        return [
          { type: "ApprovalGiven", actor: { person: task.approver, via: "clock" }, data: { votes: 1, quorum: 1 } },
        ];
      case "give-up":
        return [own({ type: "GrantFailed", data: { attempt: 1, ...failed, unknown: false } })];
      case "grant": {
        const handle = { request: ID, name: "bg_7k3m2q" };
        const { attempt } = task;
        const answer = succeeds
          ? own({ type: "GrantSucceeded", data: { attempt, deadline, handle, credential: true } })
          : own({ type: "GrantFailed", data: { attempt, ...failed, unknown: true } });
        return [own({ type: "GrantStarted", data: { attempt, deadline } }), answer];
      }
      case "try-drill":
        return [
          own({ type: "DrillTried", data: { works: succeeds ? "yes" : "no" } }),
          own({ type: "RevokeStarted", data: { cause: "ended", endAt: T0 } }),
        ];
      case "revoke":
        if (!task.started) return [own({ type: "RevokeStarted", data: { cause: "deadline", endAt: deadline } })];
        return succeeds
          ? [own({ type: "RevokeSucceeded", data: { lateMs: 0, attempt: task.attempt, done: [] } })]
          : [own({ type: "RevokeFailed", data: { attempt: task.attempt, ...failed } })];
      case "overdue":
        return [own({ type: "RevokeOverdue", data: { stage: task.stage, lateMs: 0, commands: [] } })];
      case "score-drill":
        return [own({ type: "DrillScored", data: scoreOf({ ...state, drill: state.drill ?? assert.fail() }) })];
      default:
        return assert.fail(`a drill has no ${task.kind}`);
    }
  };

  for (const role of ["writer", "owner"] as const)
    it(`hands access to nobody, counts no vote of whoever began it, and comes to one score (${role})`, () => {
      fc.assert(
        fc.property(fc.array(step, { maxLength: 30 }), (steps: readonly Step[]) => {
          const happened: Happened[] = [
            {
              after: 0,
              event:
                decide(
                  undefined,
                  { type: "OpenDrill", by: by("bob"), target: "orders-db", role },
                  facts({ policy: rehearsed, now: T0 }),
                )[0] ?? assert.fail(),
            },
          ];
          let after = 0;
          const look = (succeeds: boolean): boolean => {
            const state = stateOf(...happened);
            const [task] = outstanding(state, T0 + after).filter(({ kind }) => kind !== "escalate");
            if (task === undefined) return false;
            happened.push(...done(task, state, succeeds).map((event) => at(after, event)));
            return true;
          };
          for (const { type, person = "", wait = 0, look: succeeds } of steps) {
            after += wait;
            if (succeeds !== undefined) look(succeeds);
            if (type === undefined) continue;
            try {
              const events = decide(
                stateOf(...happened),
                { type, by: by(person), reason: "because" },
                facts({ policy: rehearsed, now: T0 + after }),
              );
              happened.push(...events.map((event) => at(after, event)));
            } catch (error) {
              assert.ok(error instanceof Refusal, String(error));
            }
          }
          for (let nth = 0; nth < 50; nth++) {
            after += MINUTE;
            while (look(true));
          }
          const types = happened.map(({ event }) => event.type);
          const { approvals, drill, ...state } = stateOf(...happened);
          assert.ok(!types.includes("CredentialRevealed") && !types.includes("EmergencyInvoked"));
          assert.ok(approvals.every(({ by: voter }) => voter.person !== "bob" && voter.person !== "fire-drill"));
          assert.equal(types.filter((type) => type === "DrillScored").length, 1, types.join(" "));
          assert.equal(nextLook({ ...state, approvals, drill }), undefined);
          assert.equal(drill?.score?.passed === true, state.phase === "ended" && drill?.tried?.works === "yes");
        }),
        { numRuns: 150 },
      );
    });
});
