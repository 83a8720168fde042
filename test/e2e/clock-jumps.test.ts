import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { KEYS } from "../../src/ledger/keys.ts";
import { ALICE, INC_42 } from "../support/acme.ts";
import { ask } from "../support/ask.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { until } from "../support/until.ts";

const HOUR = 3_600_000;

describe("P2: the machine's clock jumps by an hour while access is on", () => {
  let target: CommandTarget;
  let stage: Stage;
  let redis: Redis;
  let jump = 0;
  before(async () => {
    target = await commandTarget();
    const targets = `
  db:
    title: Orders database
    ${target.yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 3s, max: 10s }
`;
    stage = await openStage({ targets, wall: () => Date.now() + jump, slack: UNHURRIED });
    redis = new Redis(stage.redis.url);
  });
  after(async () => {
    redis.disconnect();
    await stage.stop();
    await target.remove();
  });

  for (const by of [HOUR, -HOUR]) {
    it(`by ${by / HOUR}: it ends no more than a second early, and no later than the sweep`, async () => {
      const id = await ask(stage, ALICE, "db writer orders are stuck");
      await stage.line(INC_42, id, /Access is on/);
      const [, at] = await redis.zrange(KEYS.due, "0", "0", "WITHSCORES");
      // The next look is the warning, a fifth of the duration before the deadline.
      const deadline = Number(at) + 600;
      jump = by;
      await setTimeout(deadline - Date.now() - 1_000);
      assert.equal((await target.granted()).length, 1, "it is still there a second before");
      await until(async () => ((await target.granted()).length === 0 ? true : undefined), "the end");
      const lateMs = Date.now() - deadline;
      assert.ok(lateMs > -1_000 && lateMs < 2_000, `it ended ${lateMs} ms after its deadline`);
      await stage.line(INC_42, id, /Gone, and checked/);
    });
  }
});
