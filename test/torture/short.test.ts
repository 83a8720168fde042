import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, it } from "node:test";
import { bundleChild } from "./bundle-child.ts";
import { Random } from "./random.ts";
import { torture } from "./torture.ts";

/** Enough for every sort of trouble to come by, and so few that the gate can wait for it; `npm run torture` goes on for as long as it is told. */
const KILLS = 20;
const LONGEST_MS = 60_000;

describe("a short torture", () => {
  it("loses nothing, doubles nothing, leaves nothing standing and tells everything once", async () => {
    const dir = await mkdtemp(join(tmpdir(), "bg-torture-program-"));
    const said: string[] = [];
    try {
      const found = await torture({
        program: await bundleChild(dir),
        random: new Random(3),
        ...{ processes: 2, passes: 3, longestMs: 1_500 },
        ...{ ms: LONGEST_MS, roundMs: LONGEST_MS, kills: KILLS, outages: true },
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
