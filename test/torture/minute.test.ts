import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { constants, setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bundleChild } from "./bundle-child.ts";
import { Random } from "./random.ts";
import { torture } from "./torture.ts";

/** `npm run torture` goes on for as long as it is told. */
const MS = 60_000;
/** The gate does much else meanwhile: people do less than there, and a process lives longer before it dies. */
const PACE = { pauseMs: 1_000, passes: 40, longestMs: 20_000 };

describe("a minute of torture", () => {
  it("loses nothing, doubles nothing, leaves nothing standing and tells everything once", async () => {
    // It may be slow; other tests look at the clock.
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
    const dir = await mkdtemp(join(tmpdir(), "bg-torture-program-"));
    const said: string[] = [];
    try {
      const found = await torture({
        program: await bundleChild(dir),
        random: new Random(3),
        ...{ processes: 2, ...PACE },
        ...{ ms: MS, roundMs: MS, outages: true },
        say: (line) => said.push(line),
      });
      const killed = [...found.kills.values()].reduce((total, each) => total + each, 0);
      const all = [...said, ...found.details].join("\n");
      assert.ok(killed > 0 && found.requests > 0, all);
      const { uneasyRounds, hungStarts } = found;
      const counts = [...Object.entries({ ...found.faults, uneasyRounds, hungStarts })];
      assert.deepEqual(
        counts.filter(([, count]) => count !== 0),
        [],
        all,
      );
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
