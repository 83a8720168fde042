import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Turns } from "../../src/app/turns.ts";
import { within } from "../../src/app/within.ts";

/** A task that ends when it is told to. */
function held(): { task: () => Promise<string>; end: () => void; readonly begun: boolean } {
  const gate: { open: () => void } = { open: () => undefined };
  const opened = new Promise<void>((resolve) => {
    gate.open = resolve;
  });
  let begun = false;
  return {
    task: async () => {
      begun = true;
      await opened;
      return "done";
    },
    end: () => {
      gate.open();
    },
    get begun() {
      return begun;
    },
  };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe("taking turns at a target", () => {
  it("lets a few run, and the others wait in line", async () => {
    const turns = new Turns(2);
    const tasks = [held(), held(), held(), held()];
    const results = tasks.map(({ task }) => turns.take("slow", task));
    await settled();
    assert.deepEqual(
      tasks.map(({ begun }) => begun),
      [true, true, false, false],
    );
    tasks[1]?.end();
    await settled();
    assert.deepEqual(
      tasks.map(({ begun }) => begun),
      [true, true, true, false],
    );
    for (const { end } of tasks) end();
    assert.deepEqual(await Promise.all(results), ["done", "done", "done", "done"]);
  });

  it("never makes one target wait for another", async () => {
    const turns = new Turns(1);
    const slow = held();
    const waiting = turns.take("slow", slow.task);
    assert.equal(await turns.take("quick", () => Promise.resolve("at once")), "at once");
    slow.end();
    await waiting;
  });

  it("gives the place on when a task fails", async () => {
    const turns = new Turns(1);
    const failing = turns.take("db", () => Promise.reject(new Error("down")));
    const next = turns.take("db", () => Promise.resolve("next"));
    await assert.rejects(failing, /down/);
    assert.equal(await next, "next");
    assert.equal(await turns.take("db", () => Promise.resolve("and again")), "and again");
  });
});

describe("a limit on waiting", () => {
  it("gives what comes in time, and an error of one's own when nothing comes", async () => {
    assert.equal(await within(60_000, Promise.resolve("in time"), () => new Error("late")), "in time");
    await assert.rejects(
      within(60_000, Promise.reject(new Error("its own")), () => new Error("late")),
      /its own/,
    );
    await assert.rejects(
      within(1, new Promise(() => undefined), () => new Error("late")),
      /late/,
    );
  });
});
