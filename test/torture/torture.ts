import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Redis } from "ioredis";
import { startSlack } from "../../src/demo/slack/start-slack.ts";
import { KEYS } from "../../src/ledger/keys.ts";
import { Ledger } from "../../src/ledger/ledger.ts";
import { mirrorPath } from "../../src/ledger/mirror.ts";
import { ACME, acmePolicy, APPROVALS, BOB, CAROL, INC_42 } from "../support/acme.ts";
import { commandTarget } from "../support/command-target.ts";
import { startTestRedis } from "../support/redis.ts";
import { idIn, UNHURRIED } from "../support/stage.ts";
import { audit, type Audit } from "./audit.ts";
import { CRASH_POINTS } from "./crash-points.ts";
import { Process } from "./process.ts";
import type { Random } from "./random.ts";

export interface TortureOptions {
  readonly random: Random;
  /** For so long it is tortured, beside the calm at the end of each round; or until so many kills. */
  readonly ms?: number;
  readonly kills?: number;
  readonly processes: number;
  /** How often a process comes to the point where it dies, at most. */
  readonly passes: number;
  /** What may go wrong beside processes that die. */
  readonly outages: boolean;
  /** Takes a line now and then. */
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface Tortured extends Audit {
  readonly kills: number;
  readonly flushes: number;
  readonly redisKills: number;
  readonly outages: number;
  readonly rounds: number;
}

const ROUND_MS = 10_000;
/** After this long without trouble everything has to be over and told. */
const CALM_MS = 60_000;
/** Many, so that no request has to wait for another of the same person. */
const PEOPLE = Array.from({ length: 16 }, (_, index) => ({
  id: `U0ASKS${String(index).padStart(2, "0")}`,
  name: `asks${index}`,
}));
const SEED = {
  ...ACME,
  users: [...ACME.users, ...PEOPLE.map(({ id, name }) => ({ id, name, real_name: `Person ${name}` }))],
};

const ROLE = (approval: string) => `
        grant: {}
        requesters: [sre]
        approval: ${approval}
        duration: { default: 2s, max: 5s }`;

/** A world in which processes, Redis, the target and Slack go wrong all the time, while people ask for access. */
export async function torture(options: TortureOptions): Promise<Tortured> {
  const { random, ms = Infinity, kills: wanted = Infinity, processes: count, say } = options;
  const dir = await mkdtemp(join(tmpdir(), "bg-torture-"));
  const [redis, target, slack] = await Promise.all([
    startTestRedis({ appendfsync: "always" }),
    commandTarget(),
    startSlack({ seed: SEED, ...UNHURRIED, ackWithin: 3_000 }),
  ]);
  const yaml = `
  db:
    title: Orders database
    ${target.yaml}
    roles:
      writer:${ROLE("automatic")}
      owner:${ROLE("{ approvers: [leads] }")}
`;
  const people = PEOPLE.map(({ id, name }) => `  ${name}: { name: Person ${name}, slack: ${id} }\n`).join("");
  const policy = acmePolicy(yaml)
    .replace("people:\n", `people:\n${people}`)
    .replace("sre: [", `sre: [${PEOPLE.map(({ name }) => name).join(", ")}, `);
  await writeFile(join(dir, "policy.yaml"), policy);
  const dataDirs = Array.from({ length: count }, (_, index) => join(dir, `data-${index}`));
  const processes = dataDirs.map(
    (dataDir) =>
      new Process({
        SLACK_BOT_TOKEN: ACME.botToken,
        SLACK_SIGNING_SECRET: ACME.signingSecret,
        SLACK_API_URL: slack.apiUrl,
        REDIS_URL: redis.url,
        DATA_DIR: dataDir,
        VAULT_KEY_FILE: join(dir, "vault.key"),
        POLICY_FILE: join(dir, "policy.yaml"),
        PORT: "0",
      }),
  );
  const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
  connection.on("error", () => undefined);
  const counts = { flushes: 0, redisKills: 0, outages: 0, rounds: 0 };
  const trouble = new Set<Promise<void>>();

  /** Somebody asks, or decides twice over; whoever is dead doesn't answer. */
  async function act(): Promise<void> {
    const { url } = random.pick(processes);
    if (url === undefined) return;
    slack.deliverTo(`${url}/slack/events`);
    const { workspace } = slack;
    const open = workspace.messages(APPROVALS).filter((message) => workspace.readable(message).includes("🟡"));
    const card = open.at(-1);
    if (card !== undefined && random.chance(0.5)) {
      const clicks = [CAROL, random.pick([BOB, CAROL])].map((who) =>
        workspace.as(who).click(card, { text: "Approve" }),
      );
      await Promise.allSettled(clicks);
      return;
    }
    const who = random.pick(PEOPLE).id;
    const what = `db ${random.pick(["writer", "owner"])} ${1 + random.below(3)}s torture ${random.below(1e6)}`;
    await workspace
      .as(who)
      .command("/breakglass", what, { channel: INC_42 })
      .catch(() => undefined);
  }

  /** The requests that somebody was told are recorded. */
  function acknowledged(): Set<string> {
    const receipts = PEOPLE.flatMap(({ id }) => slack.workspace.ephemerals(id)).map((one) =>
      slack.workspace.readable(one),
    );
    return new Set(receipts.filter((text) => text.includes("Recorded: ")).map(idIn));
  }

  /** One thing beside the processes goes wrong, for a while. */
  async function goWrong(): Promise<void> {
    const forMs = 300 + random.below(1_500);
    switch (random.pick(["flush", "redis", "freeze", "target", "hang", "chat", "lost-answer"])) {
      case "flush":
        counts.flushes += 1;
        await connection.flushall();
        return;
      case "redis":
        counts.redisKills += 1;
        await redis.kill();
        await setTimeout(forMs);
        await redis.restart();
        return;
      case "freeze":
        counts.outages += 1;
        redis.pause();
        await setTimeout(forMs);
        redis.resume();
        return;
      case "target":
        counts.outages += 1;
        await target.fail(random.pick(["grant", "revoke", "list"]));
        await setTimeout(forMs);
        await target.mend();
        return;
      case "hang":
        counts.outages += 1;
        await target.hang(random.pick(["grant", "revoke"]), { half: random.chance(0.5) });
        await setTimeout(forMs);
        await target.mend();
        return;
      case "chat":
        counts.outages += 1;
        slack.faults.outage(random.chance(0.5) ? "drop" : true);
        await setTimeout(forMs);
        slack.faults.clear();
        return;
      case "lost-answer":
        slack.faults.next("chat.postMessage", { loseAnswer: true });
    }
  }

  /** Waits until nothing is open, nothing is untold, and nobody has access. */
  async function calm(): Promise<void> {
    for (const each of processes) each.arm("", 0);
    const until = Date.now() + CALM_MS;
    const isQuiet = async () =>
      processes.every(({ url }) => url !== undefined) &&
      (await connection.exists(KEYS.whole)) === 1 &&
      (await connection.zcard(KEYS.due)) + (await connection.zcard(KEYS.untold)) === 0 &&
      (await target.granted()).length === 0;
    // A request that waits for approval lapses only in half an hour.
    while (Date.now() < until && !(await isQuiet())) {
      await decideAll();
      await setTimeout(200);
    }
  }

  async function decideAll(): Promise<void> {
    const { url } = random.pick(processes);
    if (url === undefined) return;
    slack.deliverTo(`${url}/slack/events`);
    const { workspace } = slack;
    const waiting = workspace.messages(APPROVALS).filter((message) => workspace.readable(message).includes("🟡"));
    for (const card of waiting)
      await workspace
        .as(CAROL)
        .click(card, { text: "Approve" })
        .catch(() => undefined);
  }

  try {
    const end = Date.now() + ms;
    let points = CRASH_POINTS.map((_, index) => index);
    const killed = () => processes.reduce((sum, each) => sum + each.kills, 0);
    while (Date.now() < end && killed() < wanted) {
      const roundEnd = Math.min(end, Date.now() + ROUND_MS);
      while (Date.now() < roundEnd && killed() < wanted) {
        for (const each of processes) {
          if (each.url === undefined || each.isArmed) continue;
          if (points.length === 0) points = CRASH_POINTS.map((_, index) => index);
          const [point = 0] = points.splice(random.below(points.length), 1);
          each.arm(CRASH_POINTS[point] ?? "", 1 + random.below(options.passes));
        }
        if (random.chance(0.05)) random.pick(processes).kill();
        if (options.outages && trouble.size === 0 && random.chance(0.04)) {
          const going = goWrong().finally(() => trouble.delete(going));
          trouble.add(going);
        }
        void act();
        await setTimeout(20 + random.below(60));
      }
      await Promise.all(trouble);
      await calm();
      counts.rounds += 1;
      say(
        `round ${counts.rounds}: ${killed()} kills, ${counts.flushes} flushes, ${counts.redisKills} Redis kills, ${counts.outages} outages, ${acknowledged().size} requests acknowledged`,
      );
    }
    await Promise.all(processes.map((each) => each.stop()));
    const ledger = new Ledger(connection, () => "");
    const chain: string[] = [];
    for (
      let lines = await ledger.range(1, 1_000);
      lines.length > 0;
      lines = await ledger.range(chain.length + 1, 1_000)
    )
      chain.push(...lines);
    const found = await audit(chain, dataDirs.map(mirrorPath), target, slack, acknowledged());
    return { ...found, ...counts, kills: killed() };
  } finally {
    await Promise.all(processes.map((each) => each.stop()));
    connection.disconnect();
    await Promise.all([redis.stop(), slack.close(), target.remove()]);
    await rm(dir, { recursive: true, force: true });
  }
}
