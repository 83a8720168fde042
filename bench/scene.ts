import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { startTestRedis, type TestRedis } from "../test/support/redis.ts";
import { startPart, type Part } from "./part.ts";
import { POLICY, SEED } from "./world.ts";

/** Our bot, served, with a durable Redis of its own and Slack's stand-in, each in a process of its own. */
export interface Scene {
  /** Its events route. */
  readonly url: string;
  readonly bot: Part;
  readonly slack: Part;
  readonly server: TestRedis;
  /** A connection to its Redis. */
  readonly redis: Redis;
  readonly policyFile: string;
  /** Takes every answer to a command or a click, and does nothing with it. */
  readonly respondTo: string;
  /** Waits until everything that is recorded was told and no job is under way. */
  quiet(): Promise<void>;
  close(): Promise<void>;
}

/** Opens it. `env`: what the bot is told beside the usual */
export async function openScene(env: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const dir = await mkdtemp(join(tmpdir(), "breakglass-bench-"));
  const policyFile = join(dir, "policy.yaml");
  await writeFile(policyFile, POLICY);
  const server = await startTestRedis();
  const slack = await startPart("slack", {});
  const bot = await startPart("bot", {
    SLACK_BOT_TOKEN: SEED.botToken,
    SLACK_SIGNING_SECRET: SEED.signingSecret,
    SLACK_API_URL: slack.ready,
    REDIS_URL: server.url,
    DATA_DIR: join(dir, "data"),
    POLICY_FILE: policyFile,
    PORT: "0",
    ROLE: "all",
    LOG_LEVEL: process.env["BENCH_LOG_LEVEL"] ?? "error",
    ...env,
  });
  const redis = new Redis(server.url);
  return {
    url: bot.ready,
    bot,
    slack,
    server,
    redis,
    policyFile,
    respondTo: new URL("/nobody", slack.ready).href,
    quiet: async () => {
      for (;;) {
        const untold = await redis.zcard("{breakglass}:untold");
        const jobs = await Promise.all(
          ["access", "announce"].flatMap((queue) =>
            ["active", "wait"].map((list) => redis.llen(`{breakglass}:jobs:${queue}:${list}`)),
          ),
        );
        if (untold === 0 && jobs.every((length) => length === 0)) return;
        await setTimeout(20);
      }
    },
    close: async () => {
      redis.disconnect();
      await bot.stop();
      await slack.stop();
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
