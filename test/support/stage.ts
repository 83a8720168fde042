import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../src/config.ts";
import { startSlack, type Slack, type SlackOptions } from "../../src/demo/slack/start-slack.ts";
import type { Message } from "../../src/demo/slack/workspace/message.ts";
import { silent, type Log } from "../../src/log.ts";
import { start, type Running } from "../../src/main.ts";
import { ACME, acmePolicy, NO_RULES } from "./acme.ts";
import { startTestRedis, type TestRedis } from "./redis.ts";
import { until } from "./until.ts";

/** The whole bot, served, with Slack's stand-in and a Redis of its own. */
export interface Stage {
  readonly slack: Slack;
  readonly redis: TestRedis;
  /** The one that runs now. */
  readonly bot: Running;
  readonly dir: string;
  /** Starts another bot on the same Redis, data and policy, after the one before was stopped. */
  startAgain(): Promise<void>;
  /** The newest message of a channel whose text as read matches. Waits for it. */
  message(channel: string, pattern: RegExp): Promise<Message>;
  /** The same among a person's direct messages. */
  direct(user: string, pattern: RegExp): Promise<Message>;
  /** The same among what only this person was shown. */
  ephemeral(user: string, pattern: RegExp): Promise<Message>;
  /** The lines of the request's thread in a channel, without their times. */
  thread(channel: string, id: string): string[];
  /** Waits until a line of the thread matches. */
  line(channel: string, id: string, pattern: RegExp): Promise<string>;
  readonly readable: (message: Message) => string;
  stop(): Promise<void>;
}

export interface StageOptions {
  /** YAML of the policy's targets. */
  readonly targets: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly slack?: Partial<SlackOptions>;
  readonly now?: () => number;
  /** The machine's clock, of which another is made. */
  readonly wall?: () => number;
  readonly log?: Log;
  readonly redis?: TestRedis;
  /** What is done before the bot starts. */
  readonly prepare?: (slack: Slack) => Promise<void>;
}

/** A Slack that takes any number of messages a second, for what isn't about that. */
export const UNHURRIED = { rate: { perSecond: 1_000, burst: 1_000 } } as const;

export async function openStage(options: StageOptions): Promise<Stage> {
  const dir = await mkdtemp(join(tmpdir(), "bg-stage-"));
  const slack = await startSlack({ seed: ACME, ...options.slack });
  const redis = options.redis ?? (await startTestRedis());
  await writeFile(join(dir, "policy.yaml"), acmePolicy(options.targets));
  const env = {
    SLACK_BOT_TOKEN: ACME.botToken,
    SLACK_SIGNING_SECRET: ACME.signingSecret,
    SLACK_API_URL: slack.apiUrl,
    REDIS_URL: redis.url,
    DATA_DIR: join(dir, "data"),
    POLICY_FILE: join(dir, "policy.yaml"),
    ANOMALY_RULES: NO_RULES,
    PORT: "0",
    ...options.env,
  };
  await options.prepare?.(slack);
  const serve = async () => {
    const running = await start(readConfig(env), env, {
      log: options.log ?? silent,
      ...(options.now === undefined ? {} : { now: options.now }),
      ...(options.wall === undefined ? {} : { wall: options.wall }),
    });
    slack.deliverTo(`${running.url}/slack/events`);
    return running;
  };
  let bot: Running;
  try {
    bot = await serve();
  } catch (error) {
    // What is left open would keep the test's process from its end.
    await slack.close();
    if (options.redis === undefined) await redis.stop();
    throw error;
  }
  const { workspace } = slack;
  const readable = (message: Message) => workspace.readable(message);
  const newest = async (messages: () => readonly Message[], pattern: RegExp) =>
    await until(
      () => messages().findLast((message) => pattern.test(readable(message))),
      `a message like ${String(pattern)}`,
      () => messages().map(readable).join("\n---\n"),
    );
  const thread = (channel: string, id: string) => {
    const root = workspace
      .messages(channel)
      .find((message) => message.thread_ts === undefined && readable(message).includes(id));
    if (root === undefined) return [];
    return workspace
      .thread(channel, root.ts)
      .slice(1)
      .flatMap((message) => readable(message).split("\n"))
      .map((line) => line.replace(/^.*?\d\d:\d\d:\d\d(?: UTC)?\s+/, ""));
  };
  return {
    slack,
    redis,
    get bot() {
      return bot;
    },
    dir,
    startAgain: async () => {
      bot = await serve();
    },
    message: (channel, pattern) => newest(() => workspace.messages(channel), pattern),
    direct: (user, pattern) => newest(() => workspace.messages(workspace.dm(user).id), pattern),
    ephemeral: (user, pattern) => newest(() => workspace.ephemerals(user), pattern),
    thread,
    line: (channel, id, pattern) =>
      until(
        () => thread(channel, id).find((line) => pattern.test(line)),
        `a line like ${String(pattern)}`,
        () => thread(channel, id).join("\n"),
      ),
    readable,
    stop: async () => {
      await bot.stop();
      await slack.close();
      if (options.redis === undefined) await redis.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

/** The request's id in a text. */
export function idIn(text: string): string {
  const [id] = /BG-[0-9A-HJKMNP-TV-Z]{6}/.exec(text) ?? [];
  if (id === undefined) throw new Error(`no request id in: ${text}`);
  return id;
}
