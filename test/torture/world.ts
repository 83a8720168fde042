import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { startSlack } from "../../src/demo/slack/start-slack.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { ACME, acmePolicy } from "../support/acme.ts";
import { commandTarget } from "../support/command-target.ts";
import { startTestRedis } from "../support/redis.ts";
import { UNHURRIED } from "../support/stage.ts";
import { Lives } from "./life.ts";
import { Loss } from "./loss.ts";
import type { Troubled } from "./outages.ts";
import { CROWD, withCrowd } from "./people.ts";
import { Process } from "./process.ts";
import type { Random } from "./random.ts";

/** How the processes of a world live. */
export interface WorldOptions {
  /** What {@link bundleChild} made. */
  readonly program: string;
  readonly random: Random;
  readonly processes: number;
  /** How often a process comes to the point where it dies, at most. */
  readonly passes: number;
  /** How long a process serves, in milliseconds, if it doesn't come to its point. */
  readonly longestMs: number;
}

/** One Redis, one target, one Slack, and processes that die. */
export interface World extends Troubled {
  readonly connection: Redis;
  readonly processes: readonly Process[];
  /** The folders of the processes: a mirror stands in each. */
  readonly dataDirs: readonly string[];
  /** The ledger's lines. */
  chain(): Promise<string[]>;
  stop(): Promise<void>;
}

const ROLE = (approval: string) => `
        grant: {}
        requesters: [sre]
        approval: ${approval}
        duration: { default: 2s, max: 5s }`;

export async function openWorld(options: WorldOptions): Promise<World> {
  const { program, random, processes: count, passes, longestMs } = options;
  const dir = await mkdtemp(join(tmpdir(), "bg-torture-"));
  const [redis, target, slack] = await Promise.all([
    startTestRedis(),
    commandTarget(),
    startSlack({ seed: CROWD, ...UNHURRIED, ackWithin: 3_000 }),
  ]);
  const targets = `
  db:
    title: Orders database
    ${target.yaml}
    roles:
      writer:${ROLE("automatic")}
      owner:${ROLE("{ approvers: [leads] }")}
`;
  const policyFile = join(dir, "policy.yaml");
  await writeFile(policyFile, withCrowd(acmePolicy(targets)));
  const dataDirs = Array.from({ length: count }, (_, index) => join(dir, `data-${index}`));
  const processes = dataDirs.map((dataDir, index) => {
    const env = {
      SLACK_BOT_TOKEN: ACME.botToken,
      SLACK_SIGNING_SECRET: ACME.signingSecret,
      SLACK_API_URL: slack.apiUrl,
      REDIS_URL: redis.url,
      DATA_DIR: dataDir,
      VAULT_KEY_FILE: join(dir, "vault.key"),
      POLICY_FILE: policyFile,
      // The program that is to die is one file, far from what stands beside it otherwise.
      ANOMALY_RULES: join(import.meta.dirname, "../../manifests/anomalies"),
      PORT: "0",
    };
    return new Process(program, env, new Lives(random.of(`process ${index}`), { passes, longestMs }));
  });
  const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
  connection.on("error", () => undefined);
  return {
    redis,
    loss: new Loss(redis, connection, dataDirs),
    target,
    slack,
    connection,
    processes,
    dataDirs,
    chain: async () => {
      const ledger = new Ledger(connection, () => "");
      const chain: string[] = [];
      for (;;) {
        const lines = await ledger.range(chain.length + 1, 1_000);
        if (lines.length === 0) return chain;
        chain.push(...lines);
      }
    },
    stop: async () => {
      await Promise.all(processes.map((each) => each.stop()));
      connection.disconnect();
      await Promise.all([redis.stop(), slack.close(), target.remove()]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
