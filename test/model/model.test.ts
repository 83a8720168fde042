import { setTimeout } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { MINUTE } from "../support/scene.ts";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { DEFAULT_MS } from "./model-policy.ts";
import type { GrantFault, RevokeFault } from "./model-target.ts";
import { assertCalm, assertPromises } from "./promises.ts";
import { step, type Step } from "./steps.ts";
import { World } from "./world.ts";

// Longer than in the gate, and again what a failure printed, made small: see CONTRIBUTING.md.
const { MODEL_RUNS, MODEL_STEPS = "40", MODEL_SEED, MODEL_PATH, MODEL_SHRINK } = process.env;
const IN_GATE = 10;

const ASKS: Step = { do: "ask", who: "alice", role: "reader", bot: 0, twice: true };
const SWEEPS: Step = { do: "sweepBoth" };
const AFTER: Step = { do: "wait", ms: DEFAULT_MS };
const LET_GO: Step = { do: "letGo" };
const ENDS: Step = { do: "want", wish: "EndEarly", who: "alice", nth: 0, bot: 0, twice: false };
const fault = (grants: GrantFault, revokes: RevokeFault): Step => ({ do: "target", grants, revokes });

/** Nothing takes longer, on however busy a machine. */
const LONGEST_MS = 60_000;

/** What never ends is a failure like any other. */
async function inTime(work: Promise<void>, what: unknown): Promise<void> {
  const limit = new AbortController();
  const late = setTimeout(LONGEST_MS, undefined, { signal: limit.signal }).then(() => {
    throw new Error(`this came to no end: ${JSON.stringify(what)}`);
  });
  await Promise.race([work, late]).finally(() => {
    limit.abort();
  });
}

/** What chance seldom comes to by itself, each once. */
const EXAMPLES: Step[][] = [
  // The target lies about an end.
  [ASKS, SWEEPS, fault("well", "lies"), AFTER, SWEEPS, fault("well", "well"), { do: "wait", ms: MINUTE }, SWEEPS],
  // Redis is emptied, and a worker dies, while access is on.
  [ASKS, SWEEPS, { do: "tellBoth" }, { do: "flush" }, { do: "die", worker: 0 }, AFTER, SWEEPS],
  // Redis is away at the deadline.
  [ASKS, SWEEPS, { do: "killRedis" }, AFTER, SWEEPS, { do: "startRedis" }, SWEEPS],
  // The clocks of two machines jump, of which one is started again, and Redis is away at the deadline.
  [
    ...[ASKS, SWEEPS, { do: "jump", machine: 2, ms: -60 * MINUTE } as const, { do: "die", worker: 0 } as const],
    ...[{ do: "jump", machine: 3, ms: 60 * MINUTE } as const, SWEEPS, { do: "killRedis" } as const, AFTER, SWEEPS],
    ...[{ do: "startRedis" } as const, SWEEPS],
  ],
  // A worker dies while the target hangs, which does its work after all.
  [ASKS, fault("late", "well"), SWEEPS, { do: "die", worker: 0 }, { do: "die", worker: 1 }, AFTER, SWEEPS, LET_GO],
  // A grant comes back after its request has ended, can't be taken back at first, and Redis is emptied meanwhile.
  [
    ...[
      ASKS,
      fault("late", "well"),
      SWEEPS,
      ENDS,
      SWEEPS,
      fault("well", "down"),
      LET_GO,
      { do: "flush" } as const,
      SWEEPS,
    ],
    ...[fault("well", "well"), { do: "wait", ms: MINUTE } as const, SWEEPS],
  ],
];

async function play(server: TestRedis, steps: readonly Step[]): Promise<void> {
  const world = await World.open(server);
  try {
    for (const each of steps) {
      await inTime(world.do(each), each);
      await assertPromises(world);
    }
    await inTime(assertCalm(world), "calm");
  } finally {
    await world.close();
  }
}

describe("whatever people do, the clock does and breaks, in two bots and two workers", () => {
  let server: TestRedis;
  before(async () => {
    server = await startTestRedis();
  });
  after(() => server.stop());

  it("every promise holds, and everything comes to its end", async () => {
    const size = { minLength: Number(MODEL_STEPS) / 2, maxLength: Number(MODEL_STEPS), size: "max" } as const;
    const property = fc.asyncProperty(fc.array(step, size), async (steps) => {
      await play(server, steps);
    });
    await fc.assert(property, {
      examples: EXAMPLES.map((steps) => [steps] as [Step[]]),
      numRuns: Number(MODEL_RUNS ?? IN_GATE),
      endOnFailure: MODEL_SHRINK === undefined,
      ...(MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }),
      ...(MODEL_PATH === undefined ? {} : { path: MODEL_PATH }),
    });
  });
});
