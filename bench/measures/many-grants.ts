import { setTimeout } from "node:timers/promises";
import { randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { z } from "zod";
import { Queues } from "../../src/jobs/queues.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { startTestRedis } from "../../test/support/redis.ts";
import { vouch } from "../../test/support/vouch.ts";
import { startPart } from "../part.ts";
import { percentile } from "../percentile.ts";
import { latenessPlot } from "../plots.ts";
import { recordedGrant } from "../recorded-grant.ts";
import { ms, type Row } from "../table.ts";
import { inTempDir } from "../temp-dir.ts";
import { mb, usedMemory } from "../used-memory.ts";
import { POLICY } from "../world.ts";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const GRANTS = 10_000;
const WITHIN_MS = 60_000;
/** Until the first ends: they are recorded and the worker starts meanwhile. */
const AHEAD_MS = 90_000;
const AT_ONCE = 256;

/** 10,000 grants are on when a worker starts, and end within a minute: how long the start takes, and how late each end is. */
export async function manyGrants(): Promise<Row[]> {
  const server = await startTestRedis();
  const redis = new Redis(server.url);
  try {
    await vouch(redis);
    const ends = Array.from({ length: GRANTS }, (_, nth) => Date.now() + AHEAD_MS + (nth * WITHIN_MS) / GRANTS).map(
      Math.round,
    );
    const ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    const queues = new Queues(redis, silent);
    for (let first = 0; first < GRANTS; first += AT_ONCE)
      await Promise.all(
        ends.slice(first, first + AT_ONCE).map((end, nth) => recordedGrant(ledger, queues, first + nth, end)),
      );
    await queues.close();
    return await inTempDir(async (dir) => {
      const policyFile = join(dir, "policy.yaml");
      await writeFile(policyFile, POLICY);
      const env = {
        REDIS_URL: server.url,
        DATA_DIR: join(dir, "data"),
        POLICY_FILE: policyFile,
        PORT: "0",
        LOG_LEVEL: "error",
      };
      const began = performance.now();
      const worker = await startPart("bot", { ...env, ROLE: "worker" });
      const started = performance.now() - began;
      if (Date.now() > (ends[0] ?? 0)) throw new Error("the machine was too slow to have it all ready in time");
      const inUse = await usedMemory(redis);
      const byProcess = await worker.ask("memory", z.number());
      let asked: [string, number][] = [];
      while (asked.length < GRANTS) {
        await setTimeout(1_000);
        asked = await worker.ask("asked", z.array(z.tuple([z.string(), z.number()])));
      }
      await worker.stop();
      const late = asked.map(([id, at]) => at - (ends[Number(id.slice(3))] ?? NaN));
      await latenessPlot([{ name: "10,000 grants that end within 60 s", late }]);
      const what = `of ${GRANTS.toLocaleString("en")} grants that end within 60 s`;
      return [
        { what: `revoke lateness, p50 ${what}`, ours: ms(percentile(late, 0.5)), goal: "" },
        { what: `revoke lateness, p99 ${what}`, ours: ms(percentile(late, 0.99)), goal: "" },
        { what: `revoke lateness, max ${what}`, ours: ms(Math.max(...late)), goal: "" },
        { what: "a worker's start with 10,000 open requests and no mirror", ours: ms(started), goal: "" },
        { what: "memory of that worker, resident", ours: mb(byProcess), goal: "" },
        { what: "memory of that Redis", ours: mb(inUse), goal: "" },
      ];
    });
  } finally {
    redis.disconnect();
    await server.stop();
  }
}
