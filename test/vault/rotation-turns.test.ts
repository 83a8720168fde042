import assert from "node:assert/strict";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, it } from "node:test";
import { RotationTurns } from "../../src/vault/rotation-turns.ts";
import { SealedFiles } from "../../src/vault/sealed-files.ts";

const OF = { account: "firewall", generation: 3 };
const AT = Date.UTC(2026, 10, 26, 1, 2, 3);

describe("whose turn it is to rotate", () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-turns-"));
  });
  afterEach(() => rm(dir, { recursive: true, force: true }));

  /** So many processes ask at once; those that have it. */
  const asked = async (count: number, now: number) => {
    const turns = Array.from({ length: count }, () => new RotationTurns(new SealedFiles(dir)));
    const all = await Promise.all(turns.map((each) => each.take(OF, { until: now + 1_000, now })));
    return all.filter((each) => each !== undefined);
  };

  it("is one process's, of however many ask at once, until its time is over", async () => {
    for (let round = 0; round < 20; round++) {
      const now = AT + round * 1_000;
      assert.equal((await asked(8, now)).length, 1, `round ${round}`);
      assert.equal((await asked(2, now + 999)).length, 0);
    }
    assert.deepEqual(await readdir(dir), ["firewall.3.turn-20"]);
  });

  it("is the next one's as soon as it is given back", async () => {
    const [turn] = await asked(1, AT);
    assert.equal((await asked(1, AT)).length, 0);
    await turn?.release();
    assert.equal((await asked(8, AT)).length, 1);
  });

  it("of one generation says nothing of another", async () => {
    await asked(1, AT);
    const other = new RotationTurns(new SealedFiles(dir));
    assert.ok(await other.take({ ...OF, generation: 4 }, { until: AT + 1, now: AT }));
    assert.ok(await other.take({ ...OF, account: "firewall-2" }, { until: AT + 1, now: AT }));
  });
});
