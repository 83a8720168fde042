import { InsightsMaker, picturesOf } from "../../src/app/insights.ts";
import { UseStore } from "../../src/app/use-store.ts";
import { Uses } from "../../src/app/uses.ts";
import { insightsText } from "../../src/cards/insights-text.ts";
import { lastDays } from "../../src/domain/insights/window.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { startTestRedis } from "../../test/support/redis.ts";
import { fillRedis } from "../big-ledger.ts";
import { LIFE } from "../life.ts";
import { ms, type Row } from "../table.ts";
import { Redis } from "ioredis";

const REQUESTS = 100_000;

/** How long insights take over a long ledger: when all of it has to be read for the first time, and from then on, as a process has it that has just started. */
export async function insights(): Promise<Row[]> {
  const server = await startTestRedis();
  const filling = new Redis(server.url);
  try {
    await fillRedis(filling, REQUESTS * LIFE.length);
    const first = await asked(server.url);
    const again = [await asked(server.url), await asked(server.url), await asked(server.url)];
    const slowest = Math.max(...again.map(({ tookMs }) => tookMs));
    const stood = Math.max(...again.map(({ stoodMs }) => stoodMs));
    if (first.requests !== REQUESTS || again.some(({ requests }) => requests !== REQUESTS))
      throw new Error(`${first.requests} requests were found`);
    return [
      { what: "insights over 100,000 requests", ours: ms(slowest), goal: "under 2 s" },
      { what: "the longest that a process stood still for it", ours: ms(stood), goal: "" },
      { what: "pictures of it", ours: ms(Math.max(...again.map(({ drawnMs }) => drawnMs))), goal: "" },
      { what: "the same for the first time, of 800,000 entries", ours: ms(first.tookMs), goal: "" },
    ];
  } finally {
    filling.disconnect();
    await server.stop();
  }
}

/** Asks as a process does that has just started. */
async function asked(url: string) {
  const redis = connectRedis(url, { role: "commands", log: silent });
  try {
    const ledger = new Ledger(redis, () => "");
    const uses = new Uses(ledger, new UseStore(redis), () => Promise.resolve());
    const directory = {
      standing: () => Promise.resolve({ kind: "unknown" as const }),
      groupMembers: () => Promise.resolve(undefined),
    };
    const maker = new InsightsMaker({ ledger, uses, policy: () => undefined, directory, now: Date.now });
    const still = stillness();
    const began = performance.now();
    const found = await maker.of(lastDays(Date.now(), 90, "UTC"));
    insightsText(found);
    const tookMs = performance.now() - began;
    const stoodMs = still();
    await picturesOf(found);
    return { tookMs, stoodMs, drawnMs: performance.now() - began - tookMs, requests: found.requests };
  } finally {
    redis.disconnect();
  }
}

/** Watches for how long this process does nothing else. @returns gives the longest of it, milliseconds */
function stillness(): () => number {
  let [last, longest] = [performance.now(), 0];
  const watching = setInterval(() => {
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
  }, 1);
  return () => {
    clearInterval(watching);
    return Math.max(longest, performance.now() - last);
  };
}
