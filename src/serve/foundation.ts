import { randomBytes } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Connection } from "../connection.ts";
import type { ChannelStanding, Directory } from "../app/directory.ts";
import type { CallWatch } from "../app/watched-provider.ts";
import { Policies } from "../app/policies.ts";
import { kindsWith, type Kinds } from "../app/kinds.ts";
import { InsightsMaker } from "../app/insights.ts";
import { Queries } from "../app/queries.ts";
import { createSeeFacts, type SeeFacts } from "../app/see-facts.ts";
import { UrgentFirst } from "../app/urgent-first.ts";
import { UseStore } from "../app/use-store.ts";
import { Uses } from "../app/uses.ts";
import { plays, type Config } from "../config.ts";
import type { Platform } from "../domain/platform.ts";
import { CodedError } from "../errors.ts";
import { FactSources } from "../facts/fact-sources.ts";
import { Queues } from "../jobs/queues.ts";
import { unavailable } from "../ledger/append-queue.ts";
import { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import { COMMAND_TIMEOUT_MS, connectRedis } from "../redis/connect.ts";
import { endWithCopies } from "../redis/end-with-copies.ts";
import { findRedisServer } from "../redis/find-server.ts";
import { startPrivateRedis } from "../redis/private-redis.ts";
import { requireRedis } from "../redis/require-redis.ts";
import { checkRedisSafety } from "../redis/safety.ts";
import type { Names } from "../cards/names.ts";
import { SlackDirectory } from "../slack/directory.ts";
import { createBotFramework, type BotFramework } from "../teams/bot-framework.ts";
import type { TeamsDirectory } from "../teams/directory.ts";
import { openVault, type Vault } from "../vault/open-vault.ts";
import { PolicyRecord } from "./policy-record.ts";
import { SlackLine } from "./slack-line.ts";
import { TeamsLine } from "./teams-line.ts";

/** What the parts of the program stand on, whichever of them run in this process. */
export interface Foundation {
  readonly config: Config;
  readonly log: Log;
  readonly now: () => number;
  readonly redis: Connection;
  /** A connection of its own for a BullMQ worker. */
  readonly blockingRedis: () => Connection;
  readonly vault: Vault;
  /** The kinds of targets there are. */
  readonly kinds: Kinds;
  readonly ledger: Ledger;
  readonly queues: Queues;
  readonly policies: Policies;
  readonly policyRecord: PolicyRecord;
  readonly slack: SlackLine;
  /** Undefined in a process that doesn't speak to Teams. */
  readonly teams: TeamsLine | undefined;
  readonly directory: Directory;
  /** Looks at what policy's approving by itself hangs on. */
  readonly seeFacts: SeeFacts;
  readonly queries: Queries;
  readonly uses: Uses;
  readonly insights: InsightsMaker;
  readonly names: (platform: Platform) => Names;
  /** Answers and revokes before talk, in this process. */
  readonly urgentFirst: UrgentFirst;
  /** Who is told of calls to targets; its trace is everybody's. */
  readonly watch: CallWatch;
  close(): Promise<void>;
}

/**
 * Lays it: Redis (our own private one where no `REDIS_URL` is given), the ledger, the policy, and a line to Slack.
 *
 * @throws `POLICY_INVALID`, `POLICY_UNREADABLE`, `REDIS_MISSING`, `REDIS_UNREACHABLE`, `REDIS_UNSAFE`
 */
export async function layFoundation(
  config: Config,
  env: NodeJS.ProcessEnv,
  options: {
    readonly log: Log;
    readonly now: () => number;
    readonly say: (line: string) => void;
    readonly watch: CallWatch;
    /** In place of Microsoft's own. */
    readonly botFramework?: BotFramework | undefined;
  },
): Promise<Foundation> {
  const { log, now, say, watch } = options;
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const secrets = plays(config, "worker");
  const vault = openVault(config, randomBytes);
  const kinds = kindsWith(secrets ? vault.accounts : undefined, now);
  const hasGateway = config.role === "bot" ? undefined : config.gateway !== undefined;
  const asks = plays(config, "bot");
  const policyOptions = { path: config.policyFile, env, providers: kinds.checks, secrets, asks, hasGateway };
  const policies = await Policies.open(policyOptions, log);
  const framework = options.botFramework ?? (config.teams && (await createBotFramework(config.teams)));
  const own = config.redisUrl === undefined ? await ownRedis(config, env, { log, say }) : undefined;
  const url = own?.url ?? config.redisUrl ?? "";
  if (own === undefined) await requireRedis(url, COMMAND_TIMEOUT_MS);
  const redis = connectRedis(url, { role: "commands", log });
  const queueRedis = connectRedis(url, { role: "commands", log });
  const blocking: (() => void)[] = [];
  const ledger = new Ledger(redis, () => randomBytes(16).toString("base64url"), watch.trace);
  const policyRecord = new PolicyRecord(ledger, () => policies.current, now, log);
  const looking = setInterval(() => void policies.look().then(() => policyRecord.look()), POLICY_LOOK_MS);
  const close = async () => {
    clearInterval(looking);
    for (const each of [redis, queueRedis]) each.disconnect();
    for (const end of blocking) end();
    await own?.stop();
  };
  try {
    await refuseUnsafe(redis, config.production, log);
  } catch (error) {
    await close();
    throw unavailable(error);
  }
  const queues = new Queues(queueRedis, log);
  const slack = new SlackLine(config.slack, now, log);
  const policy = () => policies.current;
  const teams =
    config.teams &&
    framework &&
    new TeamsLine(config.teams, { redis, policy, now, random: Math.random, log, framework });
  const slackDirectory = new SlackDirectory(slack.clients.answering, () => slack.identity, now, log);
  const spoken = { slack: config.slack === undefined ? undefined : slackDirectory, teams: teams?.directory };
  const directory = directoryOf(spoken.slack, spoken.teams);
  const channel = async (id: string, platform: Platform): Promise<ChannelStanding> =>
    (await spoken[platform]?.channel(id)) ?? { kind: "unknown" };
  const sources = new FactSources(dirname(config.policyFile), now);
  const urgentFirst = new UrgentFirst();
  const uses = new Uses(ledger, new UseStore(redis), () => urgentFirst.turn());
  return {
    config,
    log,
    now,
    redis,
    blockingRedis: () => {
      const made = connectRedis(url, { role: "blocking", log });
      blocking.push(endWithCopies(made));
      return made;
    },
    vault,
    kinds,
    ledger,
    queues,
    policies,
    policyRecord,
    slack,
    teams,
    directory,
    seeFacts: createSeeFacts({ sources, channel, now, log }),
    queries: new Queries({ ledger, policy, directory, now }),
    uses,
    insights: new InsightsMaker({ ledger, uses, policy, directory, now }),
    names: (platform) => ({
      name: (person) => policy().people[person]?.name ?? person,
      account: (person) => policy().people[person]?.[platform],
    }),
    urgentFirst,
    watch,
    close: async () => {
      slack.close();
      await queues.close();
      await close();
    },
  };
}

/** Each account is asked of its own platform; whoever isn't spoken with can tell nothing. */
function directoryOf(slack: SlackDirectory | undefined, teams: TeamsDirectory | undefined): Directory {
  return {
    standing: async (account, platform) => (await { slack, teams }[platform]?.standing(account)) ?? { kind: "unknown" },
    groupMembers: async (group) => await slack?.groupMembers(group),
  };
}

/** How often it is looked whether the policy file has changed. */
const POLICY_LOOK_MS = 1_000;
/** A server that had to be fetched is kept with the program, so that it is fetched once. */
const FETCHED = fileURLToPath(new URL("../../node_modules/.cache/breakglass", import.meta.url));

/** Starts a private Redis under `DATA_DIR`, or takes up the one that runs there. @throws `REDIS_MISSING`, `REDIS_UNREACHABLE` */
export async function ownRedis(
  { dataDir }: Pick<Config, "dataDir">,
  env: NodeJS.ProcessEnv,
  { log, say }: { readonly log: Log; readonly say: (line: string) => void },
) {
  const server = await findRedisServer({ env, cacheDir: FETCHED, log, say });
  return await startPrivateRedis({ dir: join(dataDir, "redis"), env, log, say, server });
}

async function refuseUnsafe(redis: Connection, production: boolean, log: Log): Promise<void> {
  const { problems, warnings, unchecked } = await checkRedisSafety(redis);
  for (const line of [...warnings, ...unchecked]) log.warn(line);
  if (problems.length === 0) return;
  if (production)
    throw new CodedError("REDIS_UNSAFE", ["Redis may lose what it acknowledges:", ...problems].join("\n"), {
      next: "Set it so, and start again.",
    });
  for (const line of problems) log.warn(line);
}
