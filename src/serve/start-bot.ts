import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Express } from "express";
import { Confirmations } from "../app/confirmations.ts";
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
import { stepUpRoutes, type StandIn } from "../web/step-up-routes.ts";
import { loadVaultKey } from "../vault/key-file.ts";
import type { Foundation } from "./foundation.ts";
import type { Part } from "./start-worker.ts";
import { layStepUp } from "./step-up.ts";
import { WaitingList } from "./waiting-list.ts";

const TELLING_AT_ONCE = 16;

/**
 * Starts what speaks with people: it takes commands and clicks from Slack, and tells Slack what is recorded.
 *
 * @param web - where the pages go, and Slack's route for Slack over HTTP
 * @param standIn - the demo's stand-in for security keys
 */
export async function startBot(base: Foundation, config: SlackConfig, web: Express, standIn?: StandIn): Promise<Part> {
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
  // The answer goes out first: it waits for the ledger, not for what follows from it.
  const wakeAfter = (state: RequestState) => {
    setImmediate(() => {
      wake(state);
    });
  };
  const stepUp = layStepUp(base);
  const handle = createHandle({
    ledger,
    policy,
    directory,
    keys: () => stepUp.ring.read(),
    linkTo: (asked) => stepUp.linkMaker.toConfirm(asked),
    now,
    wake: wakeAfter,
    pause: (ms) => setTimeout(ms, undefined),
    random: Math.random,
  });
  web.use(SLACK_ROUTE, (_request, response, next) => {
    response.once("close", urgentFirst.begin());
    next();
  });
  const { keyDoor, links, party, ring } = stepUp;
  const confirmations = new Confirmations({
    ledger,
    ring,
    links,
    party,
    handle,
    keyDoor,
    policy,
    now,
    wake: wakeAfter,
    log,
  });
  stepUpRoutes(web, { confirmations, party, nameOf: names.name, standIn, log });
  const received = replayMemory(redis, now, log);
  const bot = createSlackBot({
    config,
    context: {
      handle,
      keys: keyDoor,
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
  await bot.start();
  await sweep.start();
  const stopTelling = startWorker({
    queue: ANNOUNCE,
    queues,
    connection: base.blockingRedis(),
    concurrency: TELLING_AT_ONCE,
    look: tell,
    log,
  });
  return {
    name: "chat",
    stop: async () => {
      await bot.stop();
      await stopTelling();
      await sweep.stop();
    },
    ready: async () => bot.problem() ?? (await slack.ready()),
  };
}
