import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { checkSeries } from "../../src/serve/check-series.ts";
import { exposition } from "../../src/web/exposition.ts";

describe("the quiet checks, for those who watch", () => {
  it("tell of each target of the policy that was checked whether it passed and how long ago, and of no other", () => {
    const checks = new Map([
      ["orders-db", { at: 1_000, ok: true }],
      ["away-db", { at: 70_000, ok: false }],
      ["gone-db", { at: 1_000, ok: false }],
    ]);
    const told = exposition(checkSeries(checks, ["orders-db", "away-db", "never-db"], 61_000));
    assert.deepEqual(
      told.split("\n").filter((line) => line !== "" && !line.startsWith("# HELP")),
      [
        "# TYPE breakglass_target_healthy gauge",
        'breakglass_target_healthy{target="orders-db"} 1',
        'breakglass_target_healthy{target="away-db"} 0',
        "# TYPE breakglass_target_checked_seconds gauge",
        'breakglass_target_checked_seconds{target="orders-db"} 60',
        'breakglass_target_checked_seconds{target="away-db"} 0',
      ],
    );
  });
});
