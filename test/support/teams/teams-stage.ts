import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../../../src/config.ts";
import { startSlack, type Slack } from "../../../src/demo/slack/start-slack.ts";
import { silent, type Log } from "../../../src/log.ts";
import { start, type Running } from "../../../src/main.ts";
import type { BotFramework } from "../../../src/teams/bot-framework.ts";
import { ACME, NO_RULES, REHEARSERS } from "../acme.ts";
import { startTestRedis, type TestRedis } from "../redis.ts";
import { until } from "../until.ts";
import {
  ACME_TEAM,
  T_ALICE,
  T_APPROVALS,
  T_BOB,
  T_CAROL,
  T_ERIN,
  T_GINA,
  T_INCIDENTS,
  T_SECURITY,
  TENANT,
} from "./seed.ts";
import { startTeams, type Teams } from "./start-teams.ts";
import { chatOf, readable, type TeamsMessage } from "./teamwork.ts";

/** The whole bot, served, with Teams' stand-in, Slack's as well if wanted, and a Redis of its own. */
export interface TeamsStage {
  readonly teams: Teams;
  readonly slack: Slack | undefined;
  readonly redis: TestRedis;
  readonly bot: Running;
  /** Starts another bot on the same Redis, data and policy, after the one before was stopped. */
  startAgain(): Promise<void>;
  /** The newest message of a channel that reads so. Waits for it. */
  message(channel: string, pattern: RegExp): Promise<TeamsMessage>;
  /** The same in the chat with a person. */
  direct(account: string, pattern: RegExp): Promise<TeamsMessage>;
  /** The lines of a request's thread, without their times. */
  thread(channel: string, id: string): string[];
  line(channel: string, id: string, pattern: RegExp): Promise<string>;
  stop(): Promise<void>;
}

/** The policy's channels and people. Alice has an account in both platforms. */
export function bothPolicy(targets: string, withSlack: boolean): string {
  const both = (slack: string, teams: string) => (withSlack ? `{ slack: ${slack}, teams: "${teams}" }` : `"${teams}"`);
  const slack = (account: string) => (withSlack ? `, slack: ${account}` : "");
  return `
version: 1
channels:
  approvals: ${both("C0APPROVALS", T_APPROVALS)}
  incidents: ${both("C0INCIDENTS", T_INCIDENTS)}
  security: ${both("C0SECURITY", T_SECURITY)}
  incidentChannels: "^inc-"
people:
  alice: { name: Alice Ng, teams: ${T_ALICE}${slack("U0ALICE")} }
  bob:   { name: Bob Ortiz, teams: ${T_BOB} }
  carol: { name: Carol Diaz, teams: ${T_CAROL}${slack("U0CAROL")} }
  gina:  { name: Gina Guest, teams: ${T_GINA} }
  erin:  { name: Erin Roe, teams: ${T_ERIN} }
  dave:  { name: Dave Poe, ${withSlack ? "slack: U0DAVE" : "teams: dave"} }${targets.includes("\ndrills:") ? REHEARSERS : ""}
groups:
  sre: [alice, bob, gina, erin, dave]
  leads: [carol, bob, alice, gina]
targets:
${targets}`;
}

export async function openTeamsStage(options: {
  readonly targets: string;
  readonly withSlack?: boolean;
  readonly perSecond?: number;
  readonly log?: Log;
  readonly now?: () => number;
  readonly env?: Readonly<Record<string, string>>;
  readonly botFramework?: BotFramework;
  /** What people's calls carry to the bot, and the bot's to Teams. */
  readonly tokens?: { readonly theirs: () => string; readonly ours: string };
}): Promise<TeamsStage> {
  const { targets, withSlack = false, log = silent } = options;
  const dir = await mkdtemp(join(tmpdir(), "bg-teams-"));
  const teams = await startTeams({
    seed: ACME_TEAM,
    ...(options.perSecond === undefined ? {} : { perSecond: options.perSecond }),
    ...(options.tokens === undefined ? {} : { token: options.tokens.ours, authorization: options.tokens.theirs }),
  });
  const slack = withSlack
    ? await startSlack({
        ...{ seed: ACME, rate: { perSecond: 1_000, burst: 1_000 } },
        ...(options.now === undefined ? {} : { now: options.now }),
      })
    : undefined;
  const redis = await startTestRedis();
  await writeFile(join(dir, "policy.yaml"), bothPolicy(targets, withSlack));
  const env = {
    MicrosoftAppTenantId: TENANT,
    TEAMS_PLAYGROUND: "true",
    ...(slack === undefined
      ? {}
      : { SLACK_BOT_TOKEN: ACME.botToken, SLACK_SIGNING_SECRET: ACME.signingSecret, SLACK_API_URL: slack.apiUrl }),
    REDIS_URL: redis.url,
    DATA_DIR: join(dir, "data"),
    POLICY_FILE: join(dir, "policy.yaml"),
    ANOMALY_RULES: NO_RULES,
    PORT: "0",
    ...options.env,
  };
  const serve = async () => {
    const { botFramework } = options;
    const running = await start(readConfig(env), env, {
      log,
      ...(botFramework === undefined ? {} : { botFramework }),
      ...(options.now === undefined ? {} : { now: options.now }),
    });
    teams.deliverTo(running.url);
    slack?.deliverTo(`${running.url}/slack/events`);
    return running;
  };
  let bot = await serve();
  if (options.tokens === undefined) await teams.as(T_ALICE).install();
  const newest = async (conversation: string, pattern: RegExp) =>
    await until(
      () => teams.work.in(conversation).findLast((message) => isOurs(message) && pattern.test(readable(message))),
      `a message like ${String(pattern)}`,
      () => teams.work.in(conversation).map(readable).join("\n---\n"),
    );
  const isOurs = ({ from }: TeamsMessage) => from === ACME_TEAM.bot.id;
  const thread = (channel: string, id: string) => {
    const root = teams.work
      .in(channel)
      .findLast(
        (message) =>
          isOurs(message) && message.conversation.endsWith(`=${message.id}`) && readable(message).includes(id),
      );
    if (root === undefined) return [];
    return teams.work
      .thread(root)
      .flatMap((message) => readable(message).split("\n"))
      .map((line) => line.replace(/^(\d\d:\d\d:\d\d UTC|\{\{TIME\([^)]*\)\}\})\s+/, ""));
  };
  return {
    teams,
    slack,
    redis,
    get bot() {
      return bot;
    },
    startAgain: async () => {
      bot = await serve();
    },
    message: newest,
    direct: (account, pattern) => newest(chatOf(account), pattern),
    thread,
    line: (channel, id, pattern) =>
      until(
        () => thread(channel, id).find((line) => pattern.test(line)),
        `a line like ${String(pattern)}`,
        () => thread(channel, id).join("\n"),
      ),
    stop: async () => {
      await bot.stop();
      await teams.close();
      await slack?.close();
      await redis.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
