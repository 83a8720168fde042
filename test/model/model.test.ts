import { setTimeout } from "node:timers/promises";
import { after, before, describe, it } from "node:test";
import fc from "fast-check";
import { startTestRedis, type TestRedis } from "../support/redis.ts";
import { assertCalm, assertPromises } from "./promises.ts";
import { step, type Step } from "./steps.ts";
import { World } from "./world.ts";

// Longer than in the gate, and again what a failure printed, made small: see CONTRIBUTING.md.
const { MODEL_RUNS, MODEL_STEPS = "40", MODEL_SEED, MODEL_PATH, MODEL_SHRINK } = process.env;
const IN_GATE = 8;

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
      numRuns: Number(MODEL_RUNS ?? IN_GATE),
      endOnFailure: MODEL_SHRINK === undefined,
      ...(MODEL_SEED === undefined ? {} : { seed: Number(MODEL_SEED) }),
      ...(MODEL_PATH === undefined ? {} : { path: MODEL_PATH }),
    });
  });
});
