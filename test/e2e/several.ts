import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import type { Connection } from "../../src/connection.ts";
import { parseEntry, type Entry } from "../../src/ledger/entry.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { verify } from "../../src/ledger/verify.ts";
import { silent } from "../../src/log.ts";
import { start, type Running } from "../../src/main.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { ALICE, APPROVALS, CAROL, INC_42, NO_RULES } from "../support/acme.ts";
import { ask, click } from "../support/ask.ts";
import { testClock, type TestClock } from "../support/clock.ts";
import { commandTarget, type CommandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED, type Stage } from "../support/stage.ts";
import { redisElsewhere } from "../support/redis.ts";
import { twoRoles } from "../support/two-roles.ts";
import { until } from "../support/until.ts";

/** A sweep, its target's answer, and what a busy machine adds. */
const LATE_MS = 3_000;

/** Every line of a thread's whole life, in order. */
const WHOLE_LIFE = [
  /^Alice Ng asked for owner/,
  /^Carol Diaz approved/,
  /^Access is on/,
  / left\.$/,
  /^Time is up/,
  /^Gone, and checked/,
];

/** A served bot and worker, and another worker with a mirror of its own, on a Redis of several servers. */
export class Several {
  readonly clock: TestClock;
  readonly stage: Stage;
  readonly target: CommandTarget;
  readonly redis: Connection;
  readonly #other: Running;
  readonly #dir: string;

  private constructor(parts: Pick<Several, "clock" | "stage" | "target" | "redis">, other: Running, dir: string) {
    ({ clock: this.clock, stage: this.stage, target: this.target, redis: this.redis } = parts);
    this.#other = other;
    this.#dir = dir;
  }

  static async open(url: string): Promise<Several> {
    const clock = testClock();
    const target = await commandTarget();
    const stage = await openStage({
      targets: twoRoles(target),
      now: clock.now,
      slack: { ...UNHURRIED, now: clock.now },
      redis: redisElsewhere(url),
    });
    const dir = await mkdtemp(join(tmpdir(), "bg-other-"));
    const env = {
      ROLE: "worker",
      REDIS_URL: url,
      DATA_DIR: dir,
      VAULT_KEY_FILE: join(stage.dir, "data", "vault.key"),
      POLICY_FILE: join(stage.dir, "policy.yaml"),
      ANOMALY_RULES: NO_RULES,
      PORT: "0",
    };
    const other = await start(readConfig(env), env, { log: silent, now: clock.now });
    const redis = connectRedis(url, { role: "commands", log: silent });
    return new Several({ clock, stage, target, redis }, other, dir);
  }

  /** Somebody has access, approved by a person. */
  async open(): Promise<string> {
    const { stage } = this;
    const id = await ask(stage, ALICE, "db owner orders are stuck");
    await click(stage, CAROL, await stage.message(APPROVALS, new RegExp(id)), { text: "Approve" });
    await stage.line(INC_42, id, /^Access is on/);
    return id;
  }

  /**
   * Lets its time pass, and waits for the checked end: no later than a sweep after the deadline. The thread has every line,
   * once, in order.
   *
   * @param meanwhile - what happens in the last two seconds before the deadline, and on
   */
  async end(id: string, meanwhile?: () => Promise<void>): Promise<void> {
    const { clock, stage, target } = this;
    const deadline = (await new Ledger(this.redis, () => "").load(id))?.state.deadline ?? 0;
    clock.advance(Math.max(0, deadline - 110_000 - clock.now()));
    await stage.line(INC_42, id, / left\.$/);
    clock.advance(deadline - (meanwhile === undefined ? 500 : 2_000) - clock.now());
    const name = id.toLowerCase().replace("-", "_");
    const gone = until(
      async () => ((await target.granted()).includes(name) ? undefined : clock.now()),
      `${name} to be gone`,
    );
    const [goneAt] = await Promise.all([gone, meanwhile?.()]);
    assert.ok(goneAt >= deadline && goneAt < deadline + LATE_MS, `gone ${goneAt - deadline} ms after the deadline`);
    await stage.line(INC_42, id, /^Gone, and checked/);
    const lines = stage.thread(INC_42, id);
    assert.equal(lines.length, WHOLE_LIFE.length, lines.join("\n"));
    for (const [index, line] of WHOLE_LIFE.entries()) assert.match(lines[index] ?? "", line);
  }

  /** Both mirrors have all that Redis has, and chat was told it. */
  async settled(): Promise<readonly Entry[]> {
    await until(
      async () => ((await this.redis.zcard(KEYS.untold).catch(() => 1)) === 0 ? true : undefined),
      "everything to be told",
    );
    return await until(async () => {
      const chain = await this.chain().catch(() => undefined);
      const mirrors = await this.mirrors();
      return chain !== undefined && mirrors.every((mirror) => mirror.join() === chain.join())
        ? chain.map(parseEntry)
        : undefined;
    }, "both mirrors");
  }

  async chain(): Promise<string[]> {
    return await new Ledger(this.redis, () => "").range(1, 10_000);
  }

  async mirrors(): Promise<string[][]> {
    const dirs = [join(this.stage.dir, "data"), this.#dir];
    return await Promise.all(
      dirs.map(async (dir) =>
        (await readFile(join(dir, "ledger.jsonl"), "utf8")).split("\n").filter((line) => line !== ""),
      ),
    );
  }

  /** The ledger holds all of `before`, in its place, and tells of one recovery since. */
  async assertHealed(before: readonly Entry[]): Promise<void> {
    const now = await until(async () => {
      const chain = await this.chain().catch(() => []);
      return chain.slice(before.length).some((line) => line.includes('"LedgerRecovered"')) ? chain : undefined;
    }, "a recovery");
    const entries = now.map(parseEntry);
    assert.deepEqual(entries.slice(0, before.length), before);
    assert.equal((await verify(now)).broken, undefined);
    const told = entries.slice(before.length).filter(({ type }) => type === "LedgerRecovered");
    assert.deepEqual(
      told.map(({ data }) => data["to"]),
      [before.length],
    );
  }

  async stop(): Promise<void> {
    this.redis.disconnect();
    await this.#other.stop();
    await this.stage.stop();
    await this.target.remove();
    await rm(this.#dir, { recursive: true, force: true });
  }
}
