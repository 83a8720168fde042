import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readConfig } from "../config.ts";
import { CodedError } from "../errors.ts";
import { silent, type Log } from "../log.ts";
import { start, type Running } from "../main.ts";
import { ownRedis } from "../serve/foundation.ts";
import { botPages } from "./bot-pages.ts";
import { makePast } from "./history/make-past.ts";
import { startOrdersDatabase, type OrdersDatabase } from "./orders-database.ts";
import { pageServer } from "./page-server.ts";
import { queryBox } from "./query-box.ts";
import type { QueryAddress } from "./query-session.ts";
import { startSlack, type Slack } from "./slack/start-slack.ts";
import { standIn } from "./stand-in.ts";
import { DEMO_POLICY, demoWorkspace } from "./workspace.ts";

/** The local workspace, running: the real bot, a real Postgres and a private Redis, with a stand-in for Slack. */
export interface Demo {
  /** Where the page is, `http://localhost:3000`. */
  readonly url: string;
  readonly slack: Slack;
  readonly database: OrdersDatabase;
  /** Where the bot answers; Slack's part of it is signed. */
  readonly botUrl: string;
  /** Where people's sessions go: the session gateway before it. */
  readonly sessions: () => QueryAddress;
  /** The bot's environment, for the command line. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends everything and deletes its folder. */
  stop(): Promise<void>;
}

/**
 * Starts the demo. Everything lives in a temporary folder, and goes with it.
 *
 * @param options - `port`: of the page, 0 for a free one; `past`: whether there are three months before today, made up; `say`: takes a line for each step that takes a while
 */
export async function startDemo(options: {
  readonly port: number;
  readonly past?: boolean;
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly say: (line: string) => void;
}): Promise<Demo> {
  const { port, past = false, env, log, say } = options;
  await refuseTaken(port);
  const dir = await mkdtemp(join(tmpdir(), "breakglass-demo-"));
  const undo: (() => Promise<void>)[] = [() => rm(dir, { recursive: true, force: true })];
  const stop = async () => {
    for (const step of undo.reverse()) {
      await step().catch((error: unknown) => {
        log.warn("the demo could not clean up after itself", { error });
      });
    }
  };
  try {
    // Postgres runs as a user of its own when we are root, and must be able to reach its folder in ours.
    await chmod(dir, 0o711);
    say("starting a Postgres with an incident in it…");
    const dataDir = join(dir, "data");
    await mkdir(dataDir, { mode: 0o700 });
    // The one waits for another program, and the other for this one.
    const starting = startOrdersDatabase({ dir: join(dir, "postgres"), log });
    undo.push(async () => {
      await (await starting).stop();
    });
    // Its Redis goes on running for the bot: one that was started again is held against the mirror for some seconds.
    const redis = past ? await ownRedis({ dataDir }, env, { log, say }) : undefined;
    if (redis !== undefined) {
      undo.push(() => redis.stop());
      await makePast({ redisUrl: redis.url, dataDir, env, now: Date.now(), log: silent, say });
    }
    const database = await starting;
    const seed = demoWorkspace(() => randomBytes(16).toString("hex"));
    // The page is there before the bot behind it.
    const up: { bot?: Running } = {};
    const sessions = () => {
      if (up.bot?.gateway === undefined) throw new Error("The session gateway is not up yet.");
      return { ...up.bot.gateway, database: database.database };
    };
    const slack = await startSlack({
      seed,
      port,
      mount: (app) => {
        app.use(pageServer());
        app.use(queryBox(sessions));
        app.use(botPages(() => up.bot?.url ?? ""));
      },
    });
    undo.push(() => slack.close());
    // No browser lets a key be used at an address that is a number.
    const url = slack.url.replace("127.0.0.1", "localhost");
    say("starting Redis and the bot…");
    const policy = join(dir, "policy.yaml");
    await writeFile(policy, DEMO_POLICY);
    const botEnv = {
      SLACK_BOT_TOKEN: seed.botToken,
      SLACK_SIGNING_SECRET: seed.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      DATA_DIR: dataDir,
      ...(redis !== undefined && { REDIS_URL: redis.url }),
      POLICY_FILE: policy,
      PORT: "0",
      PUBLIC_URL: url,
      GATEWAY_PORT: "0",
      ORDERS_DB_ADMIN_URL: database.adminUrl,
    };
    const bot: Running = await start(readConfig(botEnv), { ...env, ...botEnv }, { log, say, standIn: standIn() });
    up.bot = bot;
    undo.push(() => bot.stop());
    // Direct messages stand in the sidebar from the beginning.
    for (const { id } of seed.users) slack.workspace.dm(id);
    slack.deliverTo(`${bot.url}/slack/events`);
    return { url, botUrl: bot.url, slack, database, sessions, env: botEnv, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Better said before a database was started than after. */
async function refuseTaken(port: number): Promise<void> {
  if (port === 0) return;
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
  } catch (cause) {
    throw new CodedError("CONFIG_INVALID", `Something else already listens on port ${port}.`, {
      next: `Choose another: PORT=${port + 1} npm start`,
      cause,
    });
  } finally {
    probe.close();
  }
}
