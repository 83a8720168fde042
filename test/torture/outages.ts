import { setTimeout } from "node:timers/promises";
import type { Slack } from "../../src/demo/slack/start-slack.ts";
import type { CommandTarget } from "../support/command-target.ts";
import type { TestRedis } from "../support/redis.ts";
import type { Loss } from "./loss.ts";
import type { Random } from "./random.ts";

export interface Troubled {
  readonly redis: TestRedis;
  readonly loss: Loss;
  readonly target: CommandTarget;
  readonly slack: Slack;
}

/** What went wrong, and how often. */
export interface OutageCounts {
  /** Redis lost everything. */
  flushes: number;
  /** Redis was killed. */
  redisKills: number;
  /** Redis lost the end of its append-only file. */
  cuts: number;
  /** Redis was frozen, the target failed, hung or did half of its work, Slack was away, busy or lost an answer. */
  others: number;
}

const KINDS = [
  ...["flush", "cut", "redis", "freeze", "target", "target"],
  ...["hang", "hang", "chat", "chat", "busy", "busy", "lost-answer", "lost-answer"],
] as const;

/** Everything beside the processes goes wrong, one thing after the other, each for a while. */
export class Outages {
  readonly #world: Troubled;
  readonly #random: Random;
  readonly counts: OutageCounts = { flushes: 0, redisKills: 0, cuts: 0, others: 0 };

  constructor(world: Troubled, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** After a while the next thing goes wrong, and is well again when this resolves. */
  async next(): Promise<void> {
    const random = this.#random;
    const what = {
      pauseMs: 500 + random.below(4_000),
      kind: random.pick(KINDS),
      forMs: 300 + random.below(1_500),
      action: random.pick(["grant", "revoke", "list"] as const),
      share: random.next(),
    };
    await setTimeout(what.pauseMs);
    const { loss, target, slack } = this.#world;
    switch (what.kind) {
      case "flush":
        if (await loss.flush()) this.counts.flushes += 1;
        return;
      case "cut":
        // Mostly the last entry or two, now and then nearly everything.
        if (await loss.cut(1 + Math.round((what.share < 0.8 ? 2_000 : 1_000_000) * what.share))) this.counts.cuts += 1;
        return;
      case "redis":
        await this.#killRedis(what.forMs);
        return;
      case "freeze":
        await this.#freezeRedis(what.forMs);
        return;
      case "busy":
        slack.faults.next("chat.postMessage", { retryAfter: 1 });
        break;
      case "lost-answer":
        slack.faults.next("chat.postMessage", { loseAnswer: true });
        break;
      case "target":
        await target.fail(what.action);
        break;
      case "hang":
        await target.hang(what.action === "list" ? "grant" : what.action, { half: what.share < 0.5 });
        break;
      case "chat":
        slack.faults.outage(what.share < 0.5 ? "drop" : true);
        break;
    }
    this.counts.others += 1;
    await setTimeout(what.forMs);
    await target.mend();
    slack.faults.clear();
  }

  async #killRedis(forMs: number): Promise<void> {
    const { redis } = this.#world;
    this.counts.redisKills += 1;
    await redis.kill();
    await setTimeout(forMs);
    await redis.restart();
  }

  async #freezeRedis(forMs: number): Promise<void> {
    const { redis } = this.#world;
    this.counts.others += 1;
    redis.pause();
    await setTimeout(forMs);
    redis.resume();
  }
}
