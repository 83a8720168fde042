import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CRASH_POINTS } from "./crash-points.ts";
import { Random } from "./random.ts";
import { torture } from "./torture.ts";

/** `npm run torture` does this for as long as it is told, with outages of everything else beside. */
describe("P1 to P8 and P11: processes that die at any point of their work", () => {
  it("lose nothing, double nothing, leave no access, and tell each thing once", async () => {
    const found = await torture({
      random: new Random(11),
      kills: CRASH_POINTS.length,
      processes: 1,
      passes: 1,
      outages: false,
      say: () => undefined,
    });
    assert.ok(found.kills >= CRASH_POINTS.length, "each point was come to");
    assert.ok(found.requests > 5, `only ${found.requests} requests were made`);
    assert.deepEqual(found.details, []);
    assert.ok(Object.values(found.faults).every((count) => count === 0));
  });
});
