import { randomBytes } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Express } from "express";
import { createHandle, type Handle } from "../app/handle.ts";
import { Homes } from "../app/homes.ts";
import { Records } from "../app/records.ts";
import { replayMemory, type ReplayMemory } from "../app/replay-memory.ts";
import { tracedHandle } from "../app/traced-handle.ts";
import { whois, type Caller } from "../app/whois.ts";
import type { Spoken } from "../app/where-shown.ts";
import { unknownRequest } from "../domain/decide.ts";
import { ANNOUNCE } from "../jobs/queues.ts";
import { startWorker } from "../jobs/worker.ts";
import { CheckpointPost } from "../ledger/checkpoint-post.ts";
import { Credentials } from "../vault/credentials.ts";
import type { StandIn } from "../web/page-routes.ts";
import { recordFile } from "../web/record/record-page.ts";
import type { Foundation } from "./foundation.ts";
import type { Shared } from "./side.ts";
import { slackSide } from "./slack-side.ts";
import { Speaking } from "./speaking.ts";
import type { Part } from "./start-worker.ts";
import { layStepUp, openPages, type StepUp } from "./step-up.ts";
import { teamsSide } from "./teams-side.ts";
import { wakeOf, type Wake } from "./wake.ts";

const JOBS_AT_ONCE = 16;

/**
 * Starts what speaks with people: it takes commands and clicks from the chat platforms, and tells them what is recorded.
 *
 * @param web - where their routes go, and the pages
 * @param standIn - the demo's stand-in for security keys
 */
export async function startBot(base: Foundation, web: Express, standIn?: StandIn): Promise<Part> {
  const { config, log, redis, now } = base;
  await base.vault.keys.names();
  const credentials = new Credentials(redis, base.vault.keys, randomBytes);
  const wake = wakeOf(base);
  const stepUp = layStepUp({ ...base, policy: () => base.policies.current });
  const received = replayMemory(redis, now, log);
  const handle = doorOf(base, { stepUp, credentials, wake, received });
  const recordOf = recordsOf(base);
  const homes = homesOf(base);
  const shared: Shared = { handle, keys: stepUp.keyDoor, received, homes, recordOf, web };
  const sides = [
    ...(config.slack === undefined ? [] : [slackSide(base, config.slack, shared)]),
    ...(base.teams === undefined ? [] : [teamsSide(base, base.teams, shared)]),
  ];
  const spoken = sides.map(({ platform }): Spoken => {
    const { account } = base.names(platform);
    return { platform, reaches: (person) => account(person) !== undefined };
  });
  const pairs = sides.map((side) => {
    const { platform, messenger } = side;
    return { side, speaking: new Speaking(base, { platform, spoken, messenger, recordOf }) };
  });
  const speaking = pairs.map((pair) => pair.speaking);
  const listening = await Promise.all(pairs.map(async (pair) => await pair.side.listen(pair.speaking)));
  // After the platforms' own routes: those are looked through in their order, and a command is waited for.
  openPages(base, stepUp, { handle, credentials, wake, web, standIn });
  for (const each of speaking) each.start();
  const stopTelling = startWorker({
    queue: ANNOUNCE,
    queues: base.queues,
    connection: base.blockingRedis(),
    concurrency: JOBS_AT_ONCE,
    // Not waited for: a platform that hangs would hold up the others.
    look: (id) => {
      for (const each of speaking) each.begin(id);
      void homes.touched(id);
      return Promise.resolve();
    },
    log,
  });
  return {
    name: "chat",
    stop: async () => {
      await Promise.all(listening.map((each) => each.stop()));
      await stopTelling();
      await homes.stop();
      await Promise.all(speaking.map((each) => each.stop()));
    },
    ready: async () => {
      const wrong = (await Promise.all(listening.map((each) => each.ready()))).filter((each) => each !== undefined);
      return wrong.length === 0 ? undefined : wrong.join(" ");
    },
  };
}

function recordsOf({ ledger, redis, policies }: Foundation): Shared["recordOf"] {
  const records = new Records({ ledger, post: new CheckpointPost(redis), pause: (ms) => setTimeout(ms) });
  return async (id) => {
    const facts = await records.of(id);
    if (facts === undefined) throw unknownRequest();
    return recordFile(facts, (person) => policies.current.people[person]?.name ?? person);
  };
}

function homesOf({ redis, queries, policies, directory, urgentFirst, now, log }: Foundation): Homes {
  const policy = () => policies.current;
  const known = async (caller: Caller) => await whois(policy(), caller, directory);
  const pause = async (ms: number, signal: AbortSignal) => {
    await setTimeout(ms, undefined, { signal, ref: false }).catch(() => undefined);
  };
  return new Homes({ redis, queries, policy, whois: known, now, pause, turn: () => urgentFirst.turn(), log });
}

function doorOf(
  { ledger, policies, directory, seeFacts, watch, now }: Foundation,
  {
    stepUp,
    credentials,
    wake,
    received,
  }: {
    readonly stepUp: StepUp;
    readonly credentials: Credentials;
    readonly wake: Wake;
    readonly received: Pick<ReplayMemory, "isAnswering">;
  },
): Handle {
  const handle = createHandle({
    ledger,
    policy: () => policies.current,
    directory,
    seeFacts,
    keys: () => stepUp.ring.read(),
    credentialWaits: (request, number) => credentials.waits(request, number),
    linkTo: (asked) => stepUp.linkMaker.toConfirm(asked),
    isAnswering: received.isAnswering,
    now,
    wake,
    pause: (ms) => setTimeout(ms, undefined),
    random: Math.random,
  });
  return tracedHandle(handle, watch.trace);
}
