import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, describe, it } from "node:test";
import { CLOCK } from "../../src/domain/people.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { ALICE, APPROVALS, BOB, INC_42, SECURITY } from "../support/acme.ts";
import { ask, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { logKept } from "../support/kept-log.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const targets = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 10m, max: 10m }
      owner:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 10m, max: 10m }
`;

describe("P5: a Redis that went on from an old copy", () => {
  const clock = testClock();
  const log = logKept();
  let target: CommandTarget;
  let stage: Stage;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({
      targets: targets(target),
      now: clock.now,
      slack: { ...UNHURRIED, now: clock.now },
      log: log.log,
    });
  });
  after(async () => {
    await stage.stop();
    await target.remove();
  });

  it("stops grants, says so in the security channel, and ends what is on at its deadline", async () => {
    const redis = connectRedis(stage.redis.url, { role: "commands", log: silent });
    try {
      const live = await ask(stage, ALICE, "db writer orders are stuck");
      await stage.line(INC_42, live, /^Access is on/);
      await until(async () => ((await redis.zcard(KEYS.untold)) === 0 ? true : undefined), "everything to be told");
      const keys = await redis.keys("*");
      const copy = await Promise.all(keys.map(async (key) => ({ key, dump: await redis.dumpBuffer(key) })));
      await stage.message(APPROVALS, new RegExp(await ask(stage, BOB, "db owner this is lost with the copy")));
      await stage.bot.stop();

      await redis.flushall();
      // What was there for a moment alone, such as who speaks of a request, may have gone before it was read.
      for (const { key, dump } of copy) if (Buffer.isBuffer(dump)) await redis.restore(key, 0, dump);
      const ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"));
      const state = (await ledger.load(live))?.state;
      await ledger.record({
        id: live,
        state,
        events: [{ type: "ExpiryWarned", actor: CLOCK, data: { leftMs: 120_000 } }],
        at: clock.now(),
      });
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
