import { setTimeout } from "node:timers/promises";
import { z } from "zod";
import { atRate } from "../at-rate.ts";
import { percentile } from "../percentile.ts";
import { openScene } from "../scene.ts";
import { call, command } from "../slack-call.ts";
import { ms, type Row } from "../table.ts";
import { usedMemory } from "../used-memory.ts";
import { asking, AUTOMATIC_MS } from "../world.ts";

const GRANTS = 1_000;
const WITHIN_S = 10;
const WARM_UP = 100;

/**
 * How late the target is asked to take access away, for 1,000 grants that end within 10 s; and what a finished request leaves
 * in Redis.
 */
export async function lateness(): Promise<Row[]> {
  const scene = await openScene();
  const perSecond = GRANTS / WITHIN_S;
  const grant = async (nth: number): Promise<void> => {
    const { account, words } = asking(nth, "reader");
    const { status, body } = await call(scene.url, command(account, words, scene.respondTo));
    if (status !== 200) throw new Error(`${words} was answered ${status}: ${body}`);
  };
  const ended = async (count: number): Promise<number[]> => {
    for (;;) {
      const late = await scene.bot.ask("lateness", z.array(z.number()));
      if (late.length >= count) return late;
      await setTimeout(100);
    }
  };
  try {
    await atRate({ perSecond: 20, count: WARM_UP, send: grant });
    await ended(WARM_UP);
    await scene.quiet();
    const before = await usedMemory(scene.redis);
    await atRate({ perSecond, count: GRANTS, send: (nth) => grant(WARM_UP + nth) });
    await setTimeout(AUTOMATIC_MS - WITHIN_S * 1_000);
    const late = (await ended(WARM_UP + GRANTS)).slice(WARM_UP);
    await scene.quiet();
    const bytes = ((await usedMemory(scene.redis)) - before) / GRANTS;
    const rows = [
      ["p50", percentile(late, 0.5), "aim 10 ms"],
      ["p99", percentile(late, 0.99), "aim 100 ms"],
      ["max", Math.max(...late), ""],
    ] as const;
    return [
      ...rows.map(([name, value, goal]) => ({
        what: `revoke lateness, ${name} of ${GRANTS} grants that end within ${WITHIN_S} s`,
        ours: ms(value),
        goal,
      })),
      { what: "Redis memory for a finished request", ours: `${(bytes / 1_000).toFixed(1)} kB`, goal: "at most 10 kB" },
    ];
  } finally {
    await scene.close();
  }
}
