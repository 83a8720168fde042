import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { forPrograms, showInsights } from "../../src/cli/insights.ts";
import { InsightsTally } from "../../src/domain/insights/insights.ts";
import { DAY, FROM, use } from "../domain/insights/use-of.ts";
import { plainIo } from "../support/plain-io.ts";

describe("insights on the command line", () => {
  it("have for programs fields that stay, with units in the names of times", () => {
    const tally = new InsightsTally({ from: FROM, to: FROM + DAY, timeZone: "UTC" });
    tally.add(use());
    const found = forPrograms(tally.sum({ followUps: { open: 0, overdue: 0 } }), () => "words");
    const { roles, columns, approvalMs, latenessMs } = found;
    assert.deepEqual(Object.keys(found).toSorted(), [
      ...["approvalMs", "columnDays", "columns", "followUps", "from", "grantedTotalMs", "hours", "latenessMs"],
      ...["neverUsed", "outcomes", "over", "people", "proposals", "requests", "roles", "timeZone", "to"],
      ...["usedTotalMs", "uses", "ways"],
    ]);
    assert.deepEqual(Object.keys(roles[0] ?? {}).toSorted(), [
      ...["grantedMs", "neverUsed", "over", "requests", "role", "target", "usedMs", "uses", "ways"],
    ]);
    for (const times of [approvalMs, latenessMs, roles[0]?.grantedMs, roles[0]?.usedMs])
      assert.deepEqual(Object.keys(times ?? {}), ["count", "median", "p90", "max"]);
    assert.equal(columns[0]?.from, new Date(FROM).toISOString());
  });

  for (const [target, since, says] of [
    ["30", undefined, /30 is no target/],
    ["-5", undefined, /-5 is no target/],
    [undefined, "tomorrow", /neither a number of days nor a day/],
    [undefined, "2026-02-31", /neither a number of days nor a day/],
    [undefined, "0d", /no time that is over/],
    [undefined, "2999-01-01", /no time that is over/],
    [undefined, "100000d", /too long ago/],
    [undefined, "2001-01-01", /too long ago/],
  ] as const)
    it(`are refused of ${target ?? since}`, async () => {
      const io = plainIo({});
      await assert.rejects(showInsights(io, target, since === undefined ? {} : { since }), says);
    });
});
