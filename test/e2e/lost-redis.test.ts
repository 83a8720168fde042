import assert from "node:assert/strict";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { Redis } from "ioredis";
import { parseEntry } from "../../src/ledger/entry.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { verify } from "../../src/ledger/verify.ts";
import { ALICE, APPROVALS, CAROL, INC_42, INCIDENTS, SECURITY } from "../support/acme.ts";
import { ask, click, type } from "../support/ask.ts";
import { testClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { twoRoles } from "../support/two-roles.ts";
import { until } from "../support/until.ts";

describe("P5: a Redis that lost everything while the program runs", () => {
  const clock = testClock();
  let target: CommandTarget;
  let stage: Stage;
  let redis: Redis;

  before(async () => {
    target = await commandTarget();
    stage = await openStage({ targets: twoRoles(target), now: clock.now, slack: { ...UNHURRIED, now: clock.now } });
    redis = new Redis(stage.redis.url);
    redis.on("error", () => undefined);
  });
  after(async () => {
    redis.disconnect();
    await stage.stop();
    await target.remove();
  });

  const mirrored = async () =>
    (await readFile(join(stage.dir, "data", "ledger.jsonl"), "utf8")).split("\n").filter((line) => line !== "");

  /** Someone has access, another request waits, and the mirror and chat have all of it. */
  async function underWay(): Promise<{ live: string; waiting: string }> {
    const live = await ask(stage, ALICE, "db writer orders are stuck");
    await stage.line(INC_42, live, /^Access is on/);
    const waiting = await ask(stage, ALICE, "db owner orders are stuck");
    await stage.message(APPROVALS, new RegExp(waiting));
    await stage.line(INC_42, waiting, /asked for owner/);
    await until(async () => ((await redis.zcard(KEYS.untold)) === 0 ? true : undefined), "everything to be told");
    const head = Number((await redis.get(KEYS.head))?.split(" ")[0]);
    await until(async () => ((await mirrored()).length === head ? true : undefined), "the mirror");
    return { live, waiting };
  }

  /** Each post of the program stands once. */
  function assertToldOnce(): void {
    const { workspace } = stage.slack;
    const keys = [INC_42, INCIDENTS, APPROVALS, SECURITY, workspace.dm(ALICE).id]
      .flatMap((place) => workspace.messages(place))
      .flatMap(({ metadata }) => {
        const { request, key } = metadata?.event_payload ?? {};
        return typeof request === "string"
          ? String(key)
              .split(" ")
              .map((each) => `${request} ${each}`)
          : [];
      });
    assert.deepEqual(keys.toSorted(), [...new Set(keys)].toSorted());
  }

  async function assertHealed(count: number): Promise<void> {
    const lines = await until(async () => {
      const found = (await redis.xrange(KEYS.chain, "-", "+")).map(([, fields]) => fields[1] ?? "");
      return found.some((line) => line.includes("LedgerRecovered")) ? found : undefined;
    }, "a recovery");
    const own = await until(async () => {
      const found = await mirrored();
      return found.length >= lines.length ? found : undefined;
    }, "the mirror");
    assert.equal((await verify(own)).broken, undefined);
    const told = lines.map(parseEntry).filter(({ type }) => type === "LedgerRecovered");
    assert.equal(told.length, 1);
    assert.equal(told[0]?.data["to"], count);
  }

  for (const [what, lose] of [
    [
      "FLUSHALL",
      async () => {
        await redis.flushall();
      },
    ],
    [
      "a restart without its files",
      async () => {
        await stage.redis.kill();
        await stage.redis.restart({ empty: true });
      },
    ],
  ] as const) {
    it(`${what}: open access keeps its deadline, no line is missing, none stands twice, and security is told`, async () => {
      const { live, waiting } = await underWay();
      const deadline = clock.now() + 600_000;
      const before = await mirrored();
      const threads = [live, waiting].map((id) => stage.thread(INC_42, id));
      await lose();
      await assertHealed(before.length);
      await stage.message(SECURITY, /The ledger's Redis was emptied: entries 1 to \d+ were written again/);
      assert.deepEqual(
        [live, waiting].map((id) => stage.thread(INC_42, id)),
        threads,
      );

      await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(waiting)), { text: "Approve" });
      await stage.line(INC_42, waiting, /^Access is on/);
      assert.equal((await target.granted()).length, 2);
      clock.advance(deadline - clock.now() - 3_000);
      await stage.line(INC_42, live, /^Gone, and checked/);
      clock.advance(10_000);
      await stage.line(INC_42, waiting, /^Gone, and checked/);
      assert.deepEqual(await target.granted(), []);
      assertToldOnce();
    });
    afterEach(async () => {
      await stage.bot.stop();
      await redis.flushall();
      await rm(join(stage.dir, "data", "ledger.jsonl"));
      await stage.startAgain();
    });
  }

  it("what falls due just then is ended at its moment all the same, and nothing new is taken before it is whole", async () => {
    const { live } = await underWay();
    clock.advance(599_000 - 3_000);
    await redis.flushall();
    const { text } = await type(stage, ALICE, "db writer another one");
    assert.match(
      text,
      /the ledger is being made whole.*LEDGER_UNAVAILABLE|LEDGER_UNAVAILABLE.*the ledger is being made whole/s,
    );
    await until(async () => ((await target.granted()).length === 0 ? true : undefined), "the end");
    const gone = await stage.line(INC_42, live, /^Gone, and checked/);
    assert.doesNotMatch(gone, /after the end/);
  });

  it("what fell due while nothing ran is ended at the start, before a lost ledger is whole again", async () => {
    await underWay();
    await stage.bot.stop();
    clock.advance(601_000);
    await redis.flushall();
    const started = stage.startAgain();
    await until(async () => ((await target.granted()).length === 0 ? true : undefined), "the end");
    assert.equal(await redis.get(KEYS.whole), null);
    await started;
  });
});
