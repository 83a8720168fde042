import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { describe, it } from "node:test";
import { commandTarget } from "../support/command-target.ts";
import { openStage, UNHURRIED } from "../support/stage.ts";
import { until } from "../support/until.ts";

const LONGEST_MS = 10_000;

describe("a program that is told to end", { concurrency: true }, () => {
  for (const [what, lose] of [
    ["is gone", (redis: { kill(): Promise<void> }) => redis.kill()],
    [
      "hangs",
      (redis: { pause(): void }) => {
        redis.pause();
        return Promise.resolve();
      },
    ],
  ] as const) {
    it(`does so within seconds while Redis ${what}`, async () => {
      const target = await commandTarget();
      const targets = `
  db:
    title: Orders database
    ${target.yaml}
    roles:
      writer: { grant: {}, requesters: [sre], approval: automatic, duration: { default: 10m, max: 10m } }
`;
      const stage = await openStage({ targets, slack: UNHURRIED });
      try {
        await lose(stage.redis);
        await until(async () => ((await fetch(`${stage.bot.url}/readyz`)).status === 503 ? true : undefined), "no");
        const told = Date.now();
        await stage.bot.stop();
        assert.ok(Date.now() - told < LONGEST_MS, `it took ${Date.now() - told} ms`);
      } finally {
        await Promise.all([stage.redis.stop(), stage.slack.close(), target.remove()]);
        await rm(stage.dir, { recursive: true });
      }
    });
  }
});
