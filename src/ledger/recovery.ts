import { z } from "zod";
import type { Connection } from "../connection.ts";
import type { EventData } from "../domain/events.ts";
import { CLOCK } from "../domain/people.ts";
import type { Log } from "../log.ts";
import { unavailable } from "./append-queue.ts";
import { eventOf, seal, type Entry, type Head } from "./entry.ts";
import { entriesKey, KEYS, personKey, PROGRAM, streamOf } from "./keys.ts";
import type { Ledger } from "./ledger.ts";
import { Fork, type Mirror } from "./mirror.ts";
import { CLOSE, OPEN, REFILL, REINDEX, RENEW } from "./recovery-scripts.ts";
import { reindex } from "./reindex.ts";
import { run, script, type Script } from "./script-runner.ts";
import { writeHead } from "./standing.ts";

/** How long the other workers have to write what only their mirrors hold, before anything new is appended. */
const GRACE_MS = 3_000;
/** How long the other workers grant nothing after one has last seen a fork; it looks each second, and may be started again. */
const FORKED_MS = 60_000;
/** Entries written again in one script. */
const PAGE = 200;

const close = script(CLOSE);
const refill = script(REFILL);
const rewriteIndex = script(REINDEX);
const open = script(OPEN);
const renew = script(RENEW);
const yes = z.union([z.literal(0), z.literal(1)]).transform((answer) => answer === 1);

/** What Redis had lost, and has again. */
export type Recovered = EventData<"LedgerRecovered">;

export interface RecoveryOptions {
  readonly redis: Connection;
  readonly ledger: Ledger;
  readonly mirror: Mirror;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Fresh random text. */
  readonly token: () => string;
  readonly pause: (ms: number) => Promise<void>;
  readonly log: Log;
}

/**
 * Holds Redis against the mirror, and makes it whole. Redis may have been emptied, rolled back to an old snapshot or started
 * from half an append-only file, or a replica that lagged may have taken its place: then every append is stopped, what is missing
 * is written again from the mirror, by every worker from its own, and `LedgerRecovered` tells of it. Until a worker has done this,
 * anew for each start and each failover, nothing is appended at all, so that no process can begin a second chain where one was lost.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  /** Where Redis ended when it was last seen to be another chain than the mirror; undefined while it is the same. */
  #otherEnd: number | undefined;

  constructor(options: RecoveryOptions) {
    this.#options = options;
  }

  /**
   * Brings the mirror up to date, or Redis.
   *
   * @returns what was recovered, if anything was
   * @throws {@link Fork} when the two can't be one chain, which is recorded in the one of Redis; `LEDGER_UNAVAILABLE`,
   *   `MIRROR_UNWRITABLE`
   */
  async makeWhole(): Promise<Recovered | undefined> {
    try {
      const recovered = await this.#makeWhole();
      this.#otherEnd = undefined;
      return recovered;
    } catch (error) {
      if (error instanceof Fork) await this.#recordFork(error);
      throw error;
    }
  }

  async #makeWhole(): Promise<Recovered | undefined> {
    const { ledger, mirror, log } = this.#options;
    const { head, whole } = await ledger.standing();
    const lost = (await mirror.lostAfter(head)) > 0;
    if (whole !== undefined) {
      if (!lost) {
        await mirror.catchUp();
        return undefined;
      }
      await this.#run(close, [KEYS.whole], [whole]);
    }
    const isNew = head.seq === 0 && mirror.head.seq === 0;
    const known = { redis: head.seq, mirror: mirror.head.seq };
    if (lost) log.error("the ledger's Redis lost entries: they are written again from the mirror", known);
    else if (!isNew) log.warn("the ledger is held against its mirrors before anything is appended", known);
    return await this.#recover(head, isNew);
  }

  async #recover(from: Head, isNew: boolean): Promise<Recovered | undefined> {
    const { ledger, mirror, now, pause, log } = this.#options;
    // What stood still for so long, nobody is writing any more.
    let stoodStill: Head | undefined = isNew ? from : undefined;
    for (;;) {
      const { head, whole, isAnother } = await ledger.standing();
      if (whole !== undefined) {
        await mirror.catchUp();
        return undefined;
      }
      if ((await mirror.lostAfter(head)) > 0) {
        await this.#refill(head);
        continue;
      }
      await mirror.catchUp();
      if (stoodStill?.hash !== head.hash) {
        stoodStill = head;
        await pause(GRACE_MS);
        continue;
      }
      const recovered = await this.#recovered(head);
      // A chain that lost nothing kept its indexes too: they are written in one step with it.
      if (recovered !== undefined || !isAnother) await this.#reindex();
      if (!(await this.#open(head, recovered, now()))) continue;
      if (recovered !== undefined) log.warn("the ledger is whole again", recovered);
      await mirror.catchUp();
      return recovered;
    }
  }

  /** What was written again, whichever workers wrote it: the one that ends a recovery may not have begun it. */
  async #recovered(head: Head): Promise<Recovered | undefined> {
    const lost = await this.#options.redis.get(KEYS.lost).catch((error: unknown) => {
      throw unavailable(error);
    });
    if (lost === null) return undefined;
    const kept = Number(lost);
    return { from: kept + 1, to: head.seq, cause: kept === 0 ? "emptied" : "shortened" };
  }

  /** So that no worker grants, and chat hears of it, once. Where Redis takes no entry, the log and `/readyz` alone tell. */
  async #recordFork({ seq }: Fork): Promise<void> {
    const { redis, ledger, now, log } = this.#options;
    try {
      await redis.set(KEYS.forked, seq, "PX", FORKED_MS);
      await this.#letGoOn();
      await ledger.recordOwn((own) => {
        const known = own.some(({ type, data }) => type === "LedgerForked" && data["seq"] === seq);
        return known ? [] : [{ type: "LedgerForked", actor: CLOCK, data: { seq } }];
      }, now());
    } catch (error) {
      log.warn("the fork could not be recorded", { error });
    }
  }

  /**
   * Whoever saw Redis end further on than it does now appends nothing to it, so that no fork begins. Once there is one, that
   * would only keep from people that there is, and from the ledger what is ended.
   */
  async #letGoOn(): Promise<void> {
    const { ledger, token } = this.#options;
    const { head, whole } = await ledger.standing();
    const before = this.#otherEnd;
    this.#otherEnd = head.seq;
    if (whole !== undefined && (before === undefined || head.seq < before))
      await this.#run(renew, [KEYS.whole], [whole, token()]);
  }

  async #refill(after: Head): Promise<void> {
    let head = after;
    let page: Entry[] = [];
    const write = async (): Promise<boolean> => {
      const last = page.at(-1);
      if (last === undefined) return true;
      const heads = [head, { seq: last.seq, hash: last.hash }].map(writeHead);
      const args = [...heads, entriesKey(""), personKey(""), ...page.flatMap(refilled)];
      page = [];
      head = { seq: last.seq, hash: last.hash };
      return yes.parse(await this.#run(refill, [KEYS.chain, KEYS.head, KEYS.whole, KEYS.requests, KEYS.lost], args));
    };
    for await (const entry of this.#options.mirror.entries(after.seq + 1)) {
      page.push(entry);
      // Another worker is at it too: what it wrote is looked at first.
      if (page.length === PAGE && !(await write())) return;
    }
    await write();
  }

  async #reindex(): Promise<void> {
    const { due, untold } = await reindex(this.#options.mirror.entries(1));
    const args = [String(due.length), ...due.flat(), ...untold.flat()];
    await this.#run(rewriteIndex, [KEYS.due, KEYS.untold, KEYS.whole], args);
  }

  async #open(head: Head, recovered: Recovered | undefined, at: number): Promise<boolean> {
    const { token } = this.#options;
    const event = recovered && ({ type: "LedgerRecovered", actor: CLOCK, data: recovered } as const);
    const entry = event && seal(event, head, { at, salt: token });
    const { chain, whole, untold, recovered: recoveredKey } = KEYS;
    const keys = [chain, KEYS.head, whole, entriesKey(PROGRAM), untold, recoveredKey, KEYS.lost];
    const after = entry === undefined ? head : { seq: entry.seq, hash: entry.hash };
    const told = entry === undefined ? "" : JSON.stringify(entry);
    const next = String(head.seq + 1);
    return yes.parse(await this.#run(open, keys, [writeHead(head), token(), writeHead(after), PROGRAM, next, told]));
  }

  async #run(which: Script, keys: readonly string[], args: readonly string[]): Promise<unknown> {
    try {
      return await run(this.#options.redis, which, keys, args);
    } catch (error) {
      throw unavailable(error);
    }
  }
}

function refilled(entry: Entry): string[] {
  const event = eventOf(entry);
  const opened = event?.type === "RequestOpened" ? [event.data.requester, String(event.at)] : ["", ""];
  return [entry.request ?? streamOf(entry.type), ...opened, JSON.stringify(entry)];
}
