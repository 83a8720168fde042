import type { Use } from "../../../src/domain/insights/use.ts";
import { MINUTE } from "../given.ts";

/** The first moment of the time that tests look at: a Monday, 00:00 UTC. */
export const FROM = Date.UTC(2026, 7, 31);
export const DAY = 86_400_000;

/** An ordinary use, approved by Carol within a minute, of 15 minutes of which 14 were needed. */
export function use(of: Partial<Use> = {}): Use {
  return {
    ...{ id: "BG-7K3M2Q", openedAt: FROM, requester: "alice", target: "orders-db", role: "writer", end: "ended" },
    ...{ way: "approved", waitedMs: MINUTE, approvers: ["carol"], given: true },
    ...{ grantedMs: 15 * MINUTE, usedMs: 14 * MINUTE, lateMs: 300 },
    ...of,
  };
}

/** One that nobody let in. */
export function refused(end: "denied" | "lapsed", of: Partial<Use> = {}): Use {
  const none = { way: undefined, waitedMs: undefined, grantedMs: undefined, usedMs: undefined, lateMs: undefined };
  return use({ ...none, approvers: [], given: false, end, ...of });
}

export function times<T>(count: number, make: (nth: number) => T): T[] {
  return Array.from({ length: count }, (_, nth) => make(nth));
}
