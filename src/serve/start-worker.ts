import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import { AccountKeeper } from "../app/account-keeper.ts";
import { createCheckOut } from "../app/check-out.ts";
import { beat } from "../app/heartbeat.ts";
import { FollowUpMemory } from "../app/follow-up-memory.ts";
import { FollowUpSender } from "../app/follow-up-sender.ts";
import { sendFollowUp } from "../app/follow-up-webhook.ts";
import { createGive } from "../app/give.ts";
import { MonthlyInsights } from "../app/monthly-insights.ts";
import { Perform } from "../app/perform.ts";
import { Reconcile } from "../app/reconcile.ts";
import { createRotate } from "../app/rotate.ts";
import { TakeAway } from "../app/take-away.ts";
import { Targets } from "../app/targets.ts";
import { createThroughGateway, type GatewayAddress } from "../app/through-gateway.ts";
import { createTryDrill } from "../app/try-drill.ts";
import { Turns } from "../app/turns.ts";
import { Looks } from "../jobs/looks.ts";
import { ACCESS } from "../jobs/queues.ts";
import { Sweep } from "../jobs/sweep.ts";
import { startWorker } from "../jobs/worker.ts";
import { reconciledKey } from "../ledger/keys.ts";
import { Mirror, mirrorPath } from "../ledger/mirror.ts";
import { CheckpointPost } from "../ledger/checkpoint-post.ts";
import { Checkpoints } from "../ledger/checkpoints.ts";
import { loadLedgerKey } from "../ledger/ledger-key.ts";
import { Recovery } from "../ledger/recovery.ts";
import { asCoded } from "../errors.ts";
import type { AnyKind } from "../providers/registry.ts";
import { Credentials } from "../vault/credentials.ts";
import type { Source } from "../web/metrics.ts";
import { GatewayCredentials } from "../vault/gateway-credentials.ts";
import { countingFigures } from "./counting-figures.ts";
import { eventStream, eventStreamSeries } from "./event-stream.ts";
import { follow } from "./follow.ts";
import type { Foundation } from "./foundation.ts";
import { mirrorSeries } from "./mirror-series.ts";
import { rehearsing } from "./rehearsing.ts";
import { askingActivity } from "./asking-activity.ts";
import { observing } from "./observing.ts";

/** Looks at once, and for one target: enough that one slow target leaves room for the others. */
const LOOKS = 64;
const LOOKS_PER_TARGET = 16;
const OVERDUE_AT_START = 10_000;

/** A part of the program that runs until it is stopped. */
export interface Part {
  /** What `/metrics` is told of it. */
  readonly metrics?: Source;
  /** What `/readyz` calls it. */
  readonly name: string;
  /** Takes no more work, and finishes what is in hand. */
  stop(): Promise<void>;
  /** What is wrong with it, if anything. */
  readonly ready: () => Promise<string | undefined>;
}

/**
 * Starts what holds the keys to the targets: it grants, revokes and watches the clock. Nothing is granted until every
 * overdue revoke has been tried once.
 *
 * @param address - where people reach the session gateway; undefined where there is none
 * @param kindOf - the kinds of targets there are; those of the registry if not given
 * @throws `VAULT_KEY_INVALID`, `LEDGER_KEY_INVALID`, `MIRROR_UNWRITABLE`, `LEDGER_BROKEN`
 */
export async function startAccessWorker(
  base: Foundation,
  address: () => GatewayAddress | undefined,
  kindOf?: (kind: string) => AnyKind,
): Promise<Part> {
  const mirror = await Mirror.open(mirrorPath(base.config.dataDir), base.ledger);
  const targets = new Targets(() => base.policies.current, kindOf ?? base.kinds.kindOf, base.watch);
  try {
    return await startOn(base, mirror, targets, address);
  } catch (error) {
    await mirror.close();
    await targets.close();
    throw error;
  }
}

async function startOn(
  base: Foundation,
  mirror: Mirror,
  targets: Targets,
  address: () => GatewayAddress | undefined,
): Promise<Part> {
  const { config, ledger, queues, policies, directory, urgentFirst, log, now, redis, vault } = base;
  await vault.keys.names();
  const credentials = new Credentials(redis, vault.keys, randomBytes);
  const policy = () => policies.current;
  const throughGateway = createThroughGateway({
    ...{ policy, address, random: randomBytes },
    credentials: new GatewayCredentials(redis, vault.keys, randomBytes),
  });
  const turns = new Turns(LOOKS_PER_TARGET);
  const announce = (id: string) => {
    queues.announce(id);
  };
  const { trace } = base.watch;
  const shared = { ledger, targets, credentials, turns, trace, now, log };
  const recovery = new Recovery({
    ...{ redis, ledger, mirror, now, log },
    token: () => randomBytes(16).toString("hex"),
    pause: (ms) => setTimeout(ms),
  });
  const reconcile = new Reconcile({
    ...shared,
    mirror,
    claim: async (target, forMs) => (await redis.set(reconciledKey(target), "1", "PX", forMs, "NX")) === "OK",
    pause: (ms, signal) => setTimeout(ms, undefined, { signal }),
    announce,
  });
  const { accounts } = vault;
  const checkOut = createCheckOut({ ledger, mirror, accounts, policy, now });
  const keeper = new AccountKeeper({ ledger, accounts, announce, now, log });
  const { recordings, observe, anomalies } = await observing(base, () => mirror.withAccess);
  const askActivity = askingActivity(base, { targets, turns, recordings, withAccess: () => mirror.withAccess });
  const { dataDir, ledgerKeyFile: keyFile } = config;
  const checkpoints = new Checkpoints({ dataDir, keyFile, mirror, post: new CheckpointPost(redis), now });
  await loadLedgerKey(config.ledgerKeyFile);
  const followUps = followUpsOf(base, announce);
  const monthly = new MonthlyInsights({ ...base, policy, announce });
  const counting = countingFigures(base);
  const stream = eventStream(base);
  const { drills, checks } = rehearsing(base, { targets, turns });
  let mayGrant = false;
  const perform = new Perform({
    ledger,
    policy,
    directory,
    give: createGive({ ...shared, mirror, throughGateway, checkOut }),
    rotate: createRotate({ ...shared, mirror, throughGateway, checkOut }),
    takeAway: new TakeAway(shared),
    tryDrill: createTryDrill({ ...shared, policy, address }),
    withAccess: () => mirror.withAccess,
    now,
    announce,
    mayGrant: () => mayGrant,
    trace,
    log,
  });
  /** What is wrong between Redis and the mirror, until it is mended. */
  let fork: string | undefined;
  let unwritable: string | undefined;
  const makeWhole = async () => {
    try {
      await recovery.makeWhole();
      fork = undefined;
      unwritable = undefined;
    } catch (error) {
      const { code, message } = asCoded(error);
      unwritable = code === "MIRROR_UNWRITABLE" ? message : undefined;
      // Nothing is granted without the mirror, and revokes go on.
      if (code !== "LEDGER_FORK") throw error;
      if (fork === undefined) log.error("the ledger is forked: nothing is granted, revokes go on", { error });
      fork = message;
    }
  };
  const looks = new Looks(async (id) => {
    const over = urgentFirst.begin();
    const next = await perform.look(id).finally(over);
    if (next !== undefined && next > now()) {
      sweep.arm(next);
      queues.wakeAt(id, next, now());
    }
  });
  const look = (id: string) => looks.at(id);
  const sweep = new Sweep({
    due: async (after, by, limit) => {
      const { whole } = await ledger.standing();
      // Redis doesn't know of everything then.
      if (whole === undefined || fork !== undefined) void perform.revokeBlind();
      return await ledger.due(after, by, limit);
    },
    nextDue: (after) => ledger.nextDue(after),
    look,
    withoutLedger: () => perform.revokeBlind(),
    nextWithoutLedger: (after) => perform.nextBlind(after),
    rounds: {
      mirror: makeWhole,
      policy: () => policies.look(),
      accounts: () => keeper.look(),
      activity: () => {
        askActivity.begin();
        return Promise.resolve();
      },
      anomalies: () => {
        anomalies.begin();
        return Promise.resolve();
      },
      heartbeat: () => beat(ledger, mirror, now()),
      checkpoint: () => checkpoints.look(),
      followUps: () => {
        followUps?.begin();
        return Promise.resolve();
      },
      figures: () => {
        counting.begin();
        return Promise.resolve();
      },
      stream: () => {
        for (const sink of stream) sink.begin();
        return Promise.resolve();
      },
      rehearsals: () => {
        drills.begin();
        checks.begin();
        return Promise.resolve();
      },
      insights: () => {
        monthly.begin();
        return Promise.resolve();
      },
      reconcile: () => {
        reconcile.begin();
        return Promise.resolve();
      },
    },
    now,
    log,
  });
  // What is overdue by the mirror doesn't wait for a ledger that has to be recovered first.
  sweep.watch();
  try {
    await makeWhole();
    const overdue = await ledger.due(-Infinity, now(), OVERDUE_AT_START);
    await Promise.allSettled(overdue.map(look));
    mayGrant = true;
    await sweep.startRounds();
  } catch (error) {
    await sweep.stop();
    throw error;
  }
  await observe.start();
  const stopFollowing = follow(base.blockingRedis(), mirror, () => urgentFirst.turn());
  const connection = base.blockingRedis();
  const stopWorking = startWorker({ queue: ACCESS, queues, connection, concurrency: LOOKS, look, log });
  return {
    name: "worker",
    metrics: async () => [...(await mirrorSeries(ledger, mirror, now())), ...(await eventStreamSeries(base))],
    stop: async () => {
      await stopWorking();
      await sweep.stop();
      await stopFollowing();
      await reconcile.stop();
      await checks.stop();
      await drills.idle();
      await followUps?.stop();
      await monthly.stop();
      await counting.stop();
      await Promise.all(stream.map((sink) => sink.stop()));
      await perform.idle();
      await askActivity.stop();
      await observe.stop();
      await anomalies.idle();
      await checkpoints.look(true).catch((error: unknown) => {
        log.warn("the last checkpoint could not be written", { error });
      });
      await mirror.close();
      await targets.close();
    },
    ready: async () => {
      if (fork !== undefined || unwritable !== undefined) return fork ?? unwritable;
      const behind = (await ledger.head()).seq - mirror.head.seq;
      return behind > 1_000 ? `the mirror is ${behind} entries behind` : undefined;
    },
  };
}

/** What sends follow-ups to a tracker; undefined where the environment names none. */
function followUpsOf(
  { config: { followUps: tracker }, ledger, redis, policies, now, log }: Foundation,
  announce: (id: string) => void,
): FollowUpSender | undefined {
  if (tracker === undefined) return undefined;
  const ownerOf = (person: string) => {
    const { name = person, email } = policies.current.people[person] ?? {};
    return { person, name, email };
  };
  const memory = new FollowUpMemory(redis);
  return new FollowUpSender({
    ...{ ledger, memory, now, announce, log },
    send: async (state, followUp, signal) => {
      await sendFollowUp(tracker, state, followUp, { ownerOf, now, signal });
    },
  });
}
