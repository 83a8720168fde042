import { decide } from "../../src/domain/decide.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { ACME_POLICY, policyOf } from "./acme-policy.ts";
import { facts, T0, type Happened } from "./given.ts";
import assert from "node:assert/strict";

/** People who are nobody, for drills. */
const NOBODY = `people:
  fire-drill: { name: Fire drill, drill: true }
  marshal: { name: Fire marshal, drill: true }
`;

/** The policy with drills: people approve one, its own approver the other. */
export const REHEARSED_POLICY = `${ACME_POLICY.replace("people:\n", NOBODY)}
drills:
  - { target: orders-db, role: writer, person: fire-drill, every: 30d, announce: true }
  - { target: orders-db, role: owner, person: fire-drill, approver: marshal, every: 7d, duration: 2m }
`;

export const rehearsed = policyOf(REHEARSED_POLICY);

/** A drill that was begun at {@link T0} when its time had come, as the real decider begins it. */
export function begun(role: "writer" | "owner" = "writer"): Happened {
  const command = { type: "OpenDrill", by: CLOCK, target: "orders-db", role, dueAt: T0 } as const;
  const [event] = decide(undefined, command, facts({ now: T0, policy: rehearsed }));
  assert.ok(event);
  return { after: 0, event };
}
