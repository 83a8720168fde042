import { readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { KEYS } from "../../src/ledger/keys.ts";
import { ALICE, APPROVALS, BOB, INC_42, INCIDENTS, SECURITY } from "../support/acme.ts";
import { ask } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { readKeys, type Pinned } from "./pinned.ts";
import { pinnedTargets } from "./scene.ts";

// Writes down what this version leaves to the next one. Run once for each version that changes a shape, never to change a file
// that is there: node --import tsx test/upgrade/pin.ts redis-v1.json

const [, , name = ""] = process.argv;
const clock = testClock();
const target = await commandTarget();
const vaultKey = "07".repeat(32);
const keyFile = join(tmpdir(), `bg-pin-${process.pid}.key`);
await writeFile(keyFile, `${vaultKey}\n`, { mode: 0o600 });
const stage = await openStage({
  targets: pinnedTargets(target),
  env: { VAULT_KEY_FILE: keyFile },
  now: clock.now,
  slack: { ...UNHURRIED, now: clock.now },
});
const redis = new Redis(stage.redis.url);
try {
  await target.fail("revoke");
  const overdue = await ask(stage, BOB, "db reader 5m orders are stuck");
  await stage.line(INC_42, overdue, /^Access is on/);
  clock.advance(301_000);
  await stage.line(INC_42, overdue, /Could not end it/);
  clock.advance(65_000);
  await stage.message(SECURITY, new RegExp(overdue));
  const active = await ask(stage, ALICE, "db writer 30m orders are stuck");
  await stage.line(INC_42, active, /^Access is on/);
  const waiting = await ask(stage, BOB, "db owner 30m orders are stuck");
  await stage.message(APPROVALS, new RegExp(waiting));
  await until(async () => ((await redis.zcard(KEYS.untold)) === 0 ? true : undefined), "everything to be told");
  await stage.bot.stop();
  const { workspace } = stage.slack;
  const directs = Object.fromEntries([ALICE, BOB].map((user) => [user, workspace.dm(user).id]));
  const places = [INC_42, INCIDENTS, APPROVALS, SECURITY, ...Object.values(directs)];
  const mirror = await readFile(join(stage.dir, "data", "ledger.jsonl"), "utf8");
  const pinned: Pinned = {
    ...{ at: clock.now(), waiting, active, overdue, vaultKey, directs },
    keys: await readKeys(redis),
    mirror: mirror.trimEnd().split("\n"),
    messages: places.flatMap((place) => workspace.messages(place)),
  };
  await writeFile(join(import.meta.dirname, "../fixtures", name), `${JSON.stringify(pinned, undefined, 1)}\n`, {
    flag: "wx",
  });
} finally {
  redis.disconnect();
  await stage.slack.close();
  await Promise.all([stage.redis.stop(), target.remove(), rm(keyFile), rm(stage.dir, { recursive: true })]);
}
