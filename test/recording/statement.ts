import type { StatementBegun } from "../../src/domain/activity.ts";

/** A statement as a gateway would hand it on. */
export function statement(sql: string, changed: Partial<StatementBegun> = {}): StatementBegun {
  return { at: Date.UTC(2026, 10, 23, 3, 14, 20), session: "1", from: "10.0.0.7", sql, ...changed };
}

/** Of which grant the recordings of these tests are. */
export const OF = { request: "BG-7K3M2Q", target: "orders-db", by: "gateway", mask: [] } as const;
