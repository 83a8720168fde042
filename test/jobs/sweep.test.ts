import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Sweep, type SweepOptions } from "../../src/jobs/sweep.ts";
import { silent } from "../../src/log.ts";
import { until } from "../support/until.ts";

const nothing = () => Promise.resolve();

/** A sweep over one request that is due from the first, and what it looked at. */
function sweepOf(options: Partial<SweepOptions>): { sweep: Sweep; looks: string[] } {
  const looks: string[] = [];
  const sweep = new Sweep({
    due: () => Promise.resolve(["BG-00000A"]),
    nextDue: () => Promise.resolve(undefined),
    look: (id) => {
      looks.push(id);
      return Promise.resolve();
    },
    rounds: {},
    withoutLedger: nothing,
    nextWithoutLedger: () => undefined,
    now: Date.now,
    log: silent,
    ...options,
  });
  return { sweep, looks };
}

describe("the sweep", () => {
  it("looks at what is due each second, also while a round takes as long as a recovery does", async () => {
    const { sweep, looks } = sweepOf({
      rounds: {
        recovery: async () => void (await until(() => (looks.length >= 3 ? true : undefined), "a third look")),
      },
    });
    sweep.watch();
    await sweep.startRounds();
    assert.ok(looks.length >= 3, `it looked ${looks.length} times`);
    await sweep.stop();
  });

  it("ends what is overdue without the ledger as often as it finds it away", async () => {
    let blind = 0;
    const { sweep } = sweepOf({
      due: () => Promise.reject(new Error("away")),
      withoutLedger: () => {
        blind += 1;
        return new Promise(() => undefined);
      },
    });
    sweep.watch();
    await until(() => (blind >= 2 ? true : undefined), "the second time");
    await sweep.stop();
  });

  it("P2: without the ledger too a timer stands for the nearest end, and isn't held up by a ledger that takes long to fail", async () => {
    const end = Date.now() + 1_450;
    let looked = 0;
    const ended: number[] = [];
    const answers: (() => void)[] = [];
    const { sweep } = sweepOf({
      due: () => {
        looked += 1;
        if (looked === 1) return Promise.reject(new Error("away"));
        return new Promise((resolve) => {
          answers.push(() => {
            resolve([]);
          });
        });
      },
      withoutLedger: () => {
        if (Date.now() >= end) ended.push(Date.now());
        return Promise.resolve();
      },
      nextWithoutLedger: (after) => (after < end ? end : undefined),
    });
    sweep.watch();
    await until(() => (ended.length > 0 ? true : undefined), "the end");
    const lateMs = (ended[0] ?? 0) - end;
    assert.ok(lateMs < 300, `it ended ${lateMs} ms late`);
    for (const answer of answers) answer();
    await sweep.stop();
  });

  it("goes on to the other rounds when one fails", async () => {
    const done: string[] = [];
    const { sweep } = sweepOf({
      rounds: {
        first: () => Promise.reject(new Error("no")),
        second: () => {
          done.push("second");
          return Promise.resolve();
        },
      },
    });
    await sweep.startRounds();
    await sweep.stop();
    assert.deepEqual(done, ["second"]);
  });
});
