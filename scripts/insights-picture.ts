import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { InsightsMaker, picturesOf } from "../src/app/insights.ts";
import { UseStore } from "../src/app/use-store.ts";
import { Uses } from "../src/app/uses.ts";
import { makePast } from "../src/demo/history/make-past.ts";
import { lastDays } from "../src/domain/insights/window.ts";
import { Ledger } from "../src/ledger/ledger.ts";
import { silent } from "../src/log.ts";
import { connectRedis } from "../src/redis/connect.ts";
import { ownRedis } from "../src/serve/foundation.ts";

/** `npm run insights-picture`: draws docs/insights.png anew, from the demo's past. */
const PICTURE = fileURLToPath(new URL("../docs/insights.png", import.meta.url));
const NOW = Date.UTC(2026, 10, 26, 12);

const dataDir = await mkdtemp(join(tmpdir(), "breakglass-picture-"));
const say = (line: string) => {
  console.error(line);
};
const own = await ownRedis({ dataDir }, process.env, { log: silent, say });
const redis = connectRedis(own.url, { role: "commands", log: silent });
try {
  await makePast({ redisUrl: own.url, dataDir, env: process.env, now: NOW, log: silent, say });
  const ledger = new Ledger(redis, () => "");
  const uses = new Uses(ledger, new UseStore(redis), () => Promise.resolve());
  const directory = {
    standing: () => Promise.resolve({ kind: "unknown" as const }),
    groupMembers: () => Promise.resolve(undefined),
  };
  const maker = new InsightsMaker({ ledger, uses, policy: () => undefined, directory, now: () => NOW });
  const pictures = await picturesOf(await maker.of(lastDays(NOW, 90, "UTC")));
  const shown = pictures.find(({ name }) => name === "granted-and-used");
  if (shown === undefined) throw new Error("nothing was drawn");
  await writeFile(PICTURE, shown.bytes);
  console.log(`made ${PICTURE}`);
} finally {
  redis.disconnect();
  await own.stop();
  await rm(dataDir, { recursive: true, force: true });
}
