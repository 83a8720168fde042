import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Express } from "express";
import { Announce } from "../app/announce.ts";
import { createHandle } from "../app/handle.ts";
import { Teller } from "../app/teller.ts";
import { Told } from "../app/told.ts";
import { whois } from "../app/whois.ts";
import type { SlackConfig } from "../config.ts";
import { nextLook } from "../domain/agenda.ts";
import type { RequestState } from "../domain/request.ts";
import { ANNOUNCE } from "../jobs/queues.ts";
import { Sweep } from "../jobs/sweep.ts";
import { startWorker } from "../jobs/worker.ts";
import { createSlackBot, SLACK_ROUTE } from "../slack/bot.ts";
import { SlackMessenger } from "../slack/messenger.ts";
import { replayMemory } from "../slack/replay-memory.ts";
import { Credentials } from "../vault/credentials.ts";
import { loadVaultKey } from "../vault/key-file.ts";
import type { Foundation } from "./foundation.ts";
import type { Part } from "./start-worker.ts";
import { WaitingList } from "./waiting-list.ts";

const TELLING_AT_ONCE = 16;

/**
 * Starts what speaks with people: it takes commands and clicks from Slack, and tells Slack what is recorded.
 *
 * @param web - where Slack's route goes, for Slack over HTTP
 */
export async function startBot(base: Foundation, config: SlackConfig, web: Express): Promise<Part> {
  const { ledger, queues, policies, directory, queries, slack, names, urgentFirst, log, now, redis } = base;
  const policy = () => policies.current;
  const messenger = new SlackMessenger(slack.clients.posting, names, () => slack.identity, now);
  const credentials = new Credentials(redis, await loadVaultKey(base.config.vaultKeyFile, randomBytes), randomBytes);
  const wake = (state: RequestState) => {
    const next = nextLook(state);
    if (next === undefined || next <= now()) {
      queues.wake(state.id);
    } else {
      queues.announce(state.id);
      queues.wakeAt(state.id, next, now());
    }
  };
  const handle = createHandle({
    ledger,
    policy,
    directory,
    now,
    wake: (state) => {
      // The answer goes out first: it waits for the ledger, not for the queues.
      setImmediate(() => {
        wake(state);
      });
    },
    pause: (ms) => setTimeout(ms, undefined),
    random: Math.random,
  });
  web.use(SLACK_ROUTE, (_request, response, next) => {
    response.once("close", urgentFirst.begin());
    next();
  });
  const received = replayMemory(redis, now, log);
  const bot = createSlackBot({
    config,
    context: {
      handle,
      queries,
      policy,
      whois: (account) => whois(policy(), { via: "slack", account }, directory),
      messenger,
      client: slack.clients.answering,
      names,
      claim: received.claim,
      log,
    },
    own: () => slack.identity,
    known: slack.known,
    web,
    guard: { now, received },
    log,
  });
  const told = new Told(redis);
  const incidents = () => policy().channels.incidents;
  const teller = new Teller({ told, messenger, credentials, incidents, turn: () => urgentFirst.turn(), log });
  const announce = new Announce({
    ...{ ledger, told, teller, now, log },
    channels: () => ({ ...policy().channels, thread: incidents() }),
    token: () => randomBytes(12).toString("hex"),
  });
  // Not jobs: each of several looks at one request would leave another behind.
  const waiting = new WaitingList();
  const tell = async (id: string) => {
    const retryMs = await announce.tell(id);
    if (retryMs === undefined) waiting.remove(id);
    else sweep.arm(waiting.add(id, now() + retryMs));
  };
  const sweep = new Sweep({
    due: async (_after, by, limit) => waiting.take(await ledger.untold(limit), by),
    nextDue: (after) => Promise.resolve(waiting.next(after)),
    look: tell,
    withoutLedger: () => Promise.resolve(),
    rounds: {},
    now,
    log,
  });
  // So that what is told from now on is known to be told to this run of the server.
  await ledger.forgottenUpTo();
  await bot.start();
  await sweep.start();
  const worker = startWorker({
    queue: ANNOUNCE,
    connection: base.blockingRedis(),
    concurrency: TELLING_AT_ONCE,
    look: tell,
    log,
  });
  return {
    name: "chat",
    stop: async () => {
      await bot.stop();
      await worker.close();
      await sweep.stop();
    },
    ready: async () => bot.problem() ?? (await slack.ready()),
  };
}
