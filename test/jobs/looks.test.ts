import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Looks } from "../../src/jobs/looks.ts";

describe("looks at one request", () => {
  it("come one at a time; who comes while one is under way has it look again, once", async () => {
    const begun: string[] = [];
    const gates: (() => void)[] = [];
    const looks = new Looks(async (id) => {
      begun.push(id);
      await new Promise<void>((resolve) => gates.push(resolve));
    });
    const first = looks.at("one");
    await looks.at("one");
    await looks.at("one");
    const other = looks.at("other");
    assert.deepEqual(begun, ["one", "other"]);
    gates.shift()?.();
    gates.shift()?.();
    await other;
    assert.deepEqual(begun, ["one", "other", "one"]);
    gates.shift()?.();
    await first;
    assert.equal(begun.length, 3);
  });

  it("that wait for their turn serve all who came until it, however many came", async () => {
    let begun = 0;
    const turns: (() => void)[] = [];
    const looks: Looks = new Looks(async (id) => {
      await new Promise<void>((resolve) => turns.push(resolve));
      looks.begins(id);
      begun++;
    });
    const first = looks.at("one");
    for (let sweeps = 0; sweeps < 100; sweeps++) await looks.at("one");
    turns.shift()?.();
    await first;
    assert.equal(begun, 1);
    assert.equal(turns.length, 0);
  });

  it("that fail leave the next to look anew", async () => {
    let fails = true;
    const looks = new Looks(() => (fails ? Promise.reject(new Error("away")) : Promise.resolve()));
    await assert.rejects(looks.at("one"), /away/);
    fails = false;
    await looks.at("one");
  });
});
