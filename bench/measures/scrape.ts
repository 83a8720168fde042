import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { Queues } from "../../src/jobs/queues.ts";
import { reconciledKey } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { startTestRedis } from "../../test/support/redis.ts";
import { vouch } from "../../test/support/vouch.ts";
import { startPart } from "../part.ts";
import { percentile } from "../percentile.ts";
import { recordedGrant } from "../recorded-grant.ts";
import { ms, type Row } from "../table.ts";
import { inTempDir } from "../temp-dir.ts";
import { POLICY, TARGETS } from "../world.ts";

const GRANTS = 10_000;
const AT_ONCE = 256;
const HOUR_MS = 3_600_000;
const TIMES = 200;
/** Fewer than are let through. */
const PAUSE_MS = 60;

/** How long a scrape of a worker takes while 10,000 grants are on. */
export async function scrape(): Promise<Row[]> {
  const server = await startTestRedis();
  const redis = new Redis(server.url);
  try {
    await vouch(redis);
    const ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    const queues = new Queues(redis, silent);
    for (let first = 0; first < GRANTS; first += AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, GRANTS - first) }, (_, nth) => first + nth);
      await Promise.all(some.map((nth) => recordedGrant(ledger, queues, nth, Date.now() + HOUR_MS)));
    }
    await queues.close();
    // The targets here do nothing, and so list nothing: each grant would be told to have gone from its target.
    for (let nth = 0; nth < TARGETS; nth++) await redis.set(reconciledKey(`db${nth}`), "1", "PX", HOUR_MS);
    return await inTempDir(async (dir) => {
      const policyFile = join(dir, "policy.yaml");
      await writeFile(policyFile, POLICY);
      const env = { REDIS_URL: server.url, DATA_DIR: join(dir, "data"), POLICY_FILE: policyFile, PORT: "0" };
      const began = performance.now();
      const worker = await startPart("bot", { ...env, LOG_LEVEL: "error", ROLE: "worker" });
      const url = new URL("/metrics", worker.ready);
      const active = async () => sumOf(await (await fetch(url)).text());
      while ((await active()) < GRANTS) await setTimeout(100);
      const counted = performance.now() - began;
      const took: number[] = [];
      for (let nth = 0; nth < TIMES; nth++) {
        await setTimeout(PAUSE_MS);
        const asked = performance.now();
        const response = await fetch(url);
        const text = await response.text();
        took.push(performance.now() - asked);
        if (response.status !== 200 || sumOf(text) !== GRANTS) throw new Error("a scrape told something else");
      }
      await worker.stop();
      const what = `a scrape of /metrics with ${GRANTS.toLocaleString("en")} grants on`;
      return [
        { what: `${what}, p50`, ours: ms(percentile(took, 0.5)), goal: "under 50 ms" },
        { what: `${what}, p99`, ours: ms(percentile(took, 0.99)), goal: "under 50 ms" },
        {
          what: `a worker's start until it has counted the ${4 * GRANTS} entries of them`,
          ours: ms(counted),
          goal: "",
        },
      ];
    });
  } finally {
    redis.disconnect();
    await server.stop();
  }
}

function sumOf(text: string): number {
  const grants = [...text.matchAll(/^breakglass_active_grants\{[^}]*\} (\d+)$/gm)];
  return grants.reduce((sum, [, count]) => sum + Number(count), 0);
}
