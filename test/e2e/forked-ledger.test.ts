import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, describe, it } from "node:test";
import { Redis } from "ioredis";
import { CLOCK } from "../../src/domain/people.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { ALICE, APPROVALS, BOB, INC_42, SECURITY } from "../support/acme.ts";
import { ask, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { logKept } from "../support/kept-log.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { twoRoles } from "../support/two-roles.ts";
import { until } from "../support/until.ts";

describe("P5: a Redis that went on from an old copy", () => {
  const clock = testClock();
  const log = logKept();
  let target: CommandTarget;
  let stage: Stage;

  beforeEach(async () => {
    target = await commandTarget();
    stage = await openStage({
      targets: twoRoles(target),
      now: clock.now,
      slack: { ...UNHURRIED, now: clock.now },
      log: log.log,
    });
  });
  afterEach(async () => {
    await stage.stop();
    await target.remove();
  });

  /** All but who speaks of a request at that moment: a copy of that would never be over. */
  async function copyOf(redis: Redis) {
    const keys = (await redis.keys("*")).filter((key) => !key.includes(":telling:"));
    return await Promise.all(keys.map(async (key) => ({ key, dump: await redis.dumpBuffer(key) })));
  }

  /** Redis is as it was, and something else is recorded in it before a worker has seen that. */
  async function goOnFrom(copy: Awaited<ReturnType<typeof copyOf>>, redis: Redis, id: string): Promise<void> {
    await until(async () => await wentOnFrom(copy, redis, id).catch(() => undefined), "the other entry to be first");
  }

  async function wentOnFrom(copy: Awaited<ReturnType<typeof copyOf>>, redis: Redis, id: string): Promise<true> {
    const step = redis.multi().flushall();
    // What was there for a moment alone may have gone before it was read.
    for (const { key, dump } of copy) if (Buffer.isBuffer(dump)) step.restore(key, 0, dump);
    await step.exec();
    const ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
    const state = (await ledger.load(id))?.state;
    const events = [{ type: "ExpiryWarned", actor: CLOCK, data: { leftMs: 120_000 } }] as const;
    await ledger.record({ id, state, events, at: clock.now() });
    return true;
  }

  it("while the program runs: calls the security channel, grants nothing more, and ends what either of the two says is on", async () => {
    const redis = new Redis(stage.redis.url);
    try {
      const live = await ask(stage, ALICE, "db writer orders are stuck");
      await stage.line(INC_42, live, /^Access is on/);
      await until(async () => ((await redis.zcard(KEYS.untold)) === 0 ? true : undefined), "everything to be told");
      const copy = await copyOf(redis);
      const lost = await ask(stage, BOB, "db writer this is lost with the copy");
      await stage.line(INC_42, lost, /^Access is on/);
      await goOnFrom(copy, redis, live);
      await stage.message(SECURITY, /Redis and a mirror of the ledger disagree from entry \d+ on/);
      const refused = await ask(stage, BOB, "db writer while it is forked");
      await until(
        () => log.lines().find((line) => line.includes("a look failed") && line.includes(refused)),
        "the worker to try",
      );
      assert.equal((await target.granted()).length, 2);
      await stage.line(
        INC_42,
        refused,
        /^🔴 Nothing is given yet \(LEDGER_FORK\): Redis and the mirror disagree about entry \d+/,
      );
      await stage.message(
        stage.slack.workspace.dm(BOB).id,
        new RegExp(`${refused} · approved, and access can't be given yet`),
      );
      clock.advance(600_000);
      await until(async () => ((await target.granted()).length === 0 ? true : undefined), "the end of both");
      await stage.line(INC_42, live, /^Gone, and checked/);
    } finally {
      redis.disconnect();
    }
  });

  it("stops grants, says so in the security channel, and ends what is on at its deadline", async () => {
    const redis = new Redis(stage.redis.url);
    try {
      const live = await ask(stage, ALICE, "db writer orders are stuck");
      await stage.line(INC_42, live, /^Access is on/);
      await until(async () => ((await redis.zcard(KEYS.untold)) === 0 ? true : undefined), "everything to be told");
      const copy = await copyOf(redis);
      await stage.message(APPROVALS, new RegExp(await ask(stage, BOB, "db owner this is lost with the copy")));
      await stage.bot.stop();

      await goOnFrom(copy, redis, live);
      await stage.startAgain();

      await stage.message(SECURITY, /Redis and a mirror of the ledger disagree from entry \d+ on/);
      const { text } = await type(stage, BOB, "db writer while it is forked");
      const [refused] = /BG-\w{6}/.exec(text) ?? [];
      assert.ok(refused, text);
      // The worker does try.
      await until(
        () => log.lines().find((line) => line.includes("a look failed") && line.includes(refused)),
        "the worker to try",
        () => log.lines().join("\n"),
      );
      assert.equal((await target.granted()).length, 1, "nothing was granted, nothing taken away");
      clock.advance(600_000);
      await until(async () => ((await target.granted()).length === 0 ? true : undefined), "the end of what is on");
      await stage.line(INC_42, live, /^Gone, and checked/);
      assert.doesNotMatch(stage.thread(INC_42, refused).join("\n"), /Access is on/);
    } finally {
      redis.disconnect();
    }
  });
});
