import { setTimeout } from "node:timers/promises";
import { KEYS } from "../../src/ledger/keys.ts";
import { parseHead } from "../../src/ledger/standing.ts";
import { audit, type Audit } from "./audit.ts";
import { Outages, type OutageCounts } from "./outages.ts";
import { People } from "./people.ts";
import { watchStanding } from "./standing.ts";
import { openWorld, type World, type WorldOptions } from "./world.ts";

export interface TortureOptions extends WorldOptions {
  /** It ends after so long, beside the calm at the end of each round, or after so many kills. */
  readonly ms?: number;
  readonly kills?: number;
  /** How long a round lasts, in milliseconds, before it is calm and everything has to come to its end. */
  readonly roundMs: number;
  /** How long it is at most until somebody does something again, in milliseconds. */
  readonly pauseMs: number;
  /** Whether anything goes wrong beside processes that die. */
  readonly outages: boolean;
  /** Ends it early, with what came of it so far. */
  readonly signal?: AbortSignal;
  /** Takes a line now and then. */
  readonly say: (line: string) => void;
}

/** What came of it. */
export interface Tortured extends Audit, OutageCounts {
  readonly rounds: number;
  /** How often a process died at each point; at no point of them: under "". */
  readonly kills: ReadonlyMap<string, number>;
  readonly hungStarts: number;
  /** How long access was seen to stand after its deadline at the target itself, at most, in milliseconds. */
  readonly worstStandingMs: number;
  /** Rounds after which something was open, untold or standing still when all the time for calm was over. */
  readonly uneasyRounds: number;
  /** How long it took at most until everything was over and told, in milliseconds. */
  readonly longestCalmMs: number;
}

/** After this long without trouble everything has to be over and told, however busy the machine is. */
const CALM_MS = 240_000;

/** A world in which processes, Redis, the target and Slack go wrong all the time, while people ask for access. */
export async function torture(options: TortureOptions): Promise<Tortured> {
  const { random, ms = Infinity, kills: wanted = Infinity, roundMs, say } = options;
  const world = await openWorld(options);
  const people = new People(world.slack, random.of("people"));
  const pace = random.of("pace");
  const outages = new Outages(world, random.of("outages"));
  const endWatch = watchStanding(world.target);
  const killed = () => sum(world.processes.flatMap(({ kills }) => [...kills.values()]));
  const isEnough = () => killed() >= wanted || options.signal?.aborted === true;
  let rounds = 0;
  let uneasyRounds = 0;
  let longestCalmMs = 0;
  let passedMs = 0;
  let toldTo = Infinity;

  async function round(): Promise<void> {
    const from = Date.now();
    const isOver = () => isEnough() || Date.now() - from >= Math.min(roundMs, ms - passedMs);
    let trouble: Promise<void> | undefined;
    while (!isOver()) {
      if (options.outages) trouble ??= outages.next().finally(() => (trouble = undefined));
      void people.act(world.processes.map(({ url }) => url));
      await setTimeout(20 + pace.below(options.pauseMs));
    }
    await trouble;
    passedMs += Date.now() - from;
  }

  try {
    while (passedMs < ms && !isEnough()) {
      for (const each of world.processes) each.isCalm = false;
      await round();
      const calmFrom = Date.now();
      const { unrest, told } = await calm(world, people);
      toldTo = told;
      rounds += 1;
      if (unrest !== undefined) uneasyRounds += 1;
      if (unrest !== undefined) say(`round ${rounds} came to no end: ${unrest}`);
      const calmMs = Date.now() - calmFrom;
      longestCalmMs = Math.max(longestCalmMs, calmMs);
      say(`round ${rounds}: ${killed()} killed, ${people.acknowledged().size} requests, calm after ${calmMs} ms`);
    }
    const worstStandingMs = endWatch();
    await Promise.all(world.processes.map((each) => each.stop()));
    const found = await audit(world, await world.chain(), people.acknowledged(), toldTo);
    const kills = new Map<string, number>();
    for (const each of world.processes)
      for (const [point, count] of each.kills) kills.set(point, (kills.get(point) ?? 0) + count);
    const hungStarts = sum(world.processes.map((each) => each.hungStarts));
    return { ...found, ...outages.counts, rounds, uneasyRounds, longestCalmMs, kills, hungStarts, worstStandingMs };
  } finally {
    endWatch();
    await world.stop();
  }
}

/**
 * Waits until nothing is open, nothing is untold, and nobody has access.
 *
 * @returns `unrest`: what keeps it from that, if it doesn't come; `told`: the entry up to which all was told then. Something may be found
 *   in what is over, and recorded, until the processes are stopped.
 */
async function calm(world: World, people: People): Promise<{ readonly unrest?: string; readonly told: number }> {
  const { processes, connection, target } = world;
  for (const each of processes) each.isCalm = true;
  const end = Date.now() + CALM_MS;
  for (let turn = 0; ; turn += 1) {
    const { seq } = parseHead(await connection.get(KEYS.head));
    const unrest = [
      ...processes.flatMap(({ url }, index) => (url === undefined ? [`process ${index} is not up`] : [])),
      ...((await connection.exists(KEYS.whole)) === 1 ? [] : ["the ledger is not whole"]),
      ...(await connection.zrange(KEYS.due, "0", "-1")).map((id) => `${id} is open`),
      ...(await connection.zrange(KEYS.untold, "0", "-1")).map((id) => `${id} is untold`),
      ...(await target.granted()).map((name) => `${name} has access`),
    ];
    if (unrest.length === 0) return { told: seq };
    if (Date.now() > end) return { unrest: unrest.join(", "), told: Infinity };
    // A request that waits for approval would lapse only in half an hour.
    if (turn % 4 === 0) await people.decideAll(processes[(turn / 4) % processes.length]?.url);
    await setTimeout(250);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
