import { z } from "zod";
import type { Connection } from "../connection.ts";
import type { NewEvent } from "../domain/events.ts";
import { CodedError } from "../errors.ts";
import { seal, type Entry, type Head } from "./entry.ts";
import { entriesKey, KEYS, personKey } from "./keys.ts";
import { run, script } from "./script-runner.ts";
import { APPEND } from "./scripts.ts";
import { parseHead, readStanding, writeHead } from "./standing.ts";

/** The entries of one decision, to be appended together or not at all. */
export interface Append {
  /** A request's id, or `PROGRAM`. */
  readonly stream: string;
  /** Whether the stream is a request. */
  readonly isRequest: boolean;
  readonly events: readonly NewEvent[];
  /** Epoch milliseconds: when it happened. */
  readonly at: number;
  /** How many entries the stream had when this was decided. */
  readonly version: number;
  /** The requester, when their other requests mattered to the decision, and how those stood. */
  readonly guard?: Guard | undefined;
  /** When the request wants its next look afterwards, epoch milliseconds; undefined for never. */
  readonly nextLook: number | undefined;
  /** When it was opened, if this opens it. */
  readonly openedAt?: number | undefined;
}

/** What was remembered for a decision, and must be so still: by whose word the chain was whole, and how long each stream was. */
export interface Held {
  readonly whole: string;
  readonly streams: readonly (readonly [stream: string, version: number])[];
}

/** How many requests a person must have; and where they were not read for this decision, what of them must be as it was. */
export interface Guard {
  readonly person: string;
  readonly requests: number;
  readonly held?: Held | undefined;
}

/** Entries as they were recorded, and on whose word that the chain was whole. */
export interface Appended {
  readonly entries: readonly Entry[];
  readonly whole: string;
}

/** Somebody else wrote first: load again, and decide again. */
export class Conflict extends CodedError {
  constructor() {
    super("LEDGER_CONFLICT", "Another decision on this was recorded first.", { next: "Look again." });
  }
}

/** Where the chain stands, and by whose word: what a worker wrote when it last held it against its mirror. */
interface Standing {
  readonly head: Head;
  readonly whole: string;
}

interface Waiting {
  readonly append: Append;
  readonly resolve: (appended: Appended) => void;
  readonly reject: (error: unknown) => void;
}

/** A decision as it was sent: its entries, and the head after them. */
interface Sealed {
  readonly waiting: Waiting;
  readonly entries: readonly Entry[];
  readonly head: Head;
}

/** What was sent in one script. */
interface Batch {
  readonly whole: string;
  readonly sealed: readonly Sealed[];
  readonly reply: Promise<unknown>;
}

const append = script(APPEND);
/** Decisions sealed and sent together; more only makes a conflict dearer. */
const BATCH = 256;
/** While Redis has one batch, the next is sealed on what that will come to. */
const UNDER_WAY = 2;

const answered = z.tuple([z.string(), z.array(z.enum(["appended", "whole", "head", "version", "person"]))]);

/**
 * One process's way to the chain. Appends queue up while others are under way, and are then sealed one on the other and sent
 * together, in one script: so they share a flush to disk. Of two batches under way the second is sealed on what the first will
 * have come to. If that comes to something else, Redis refuses the second, and it is sealed again.
 */
export class AppendQueue {
  readonly #redis: Connection;
  readonly #salt: () => string;
  readonly #waiting: Waiting[] = [];
  readonly #underWay: Batch[] = [];
  /** What the next batch is sealed on; undefined while that isn't known. */
  #standing: Standing | undefined;
  /** The furthest that was seen of the chain. */
  #seen: Standing | undefined;
  #busy = false;

  /**
   * @param redis - that fails fast rather than waits
   * @param salt - fresh random text for a note
   */
  constructor(redis: Connection, salt: () => string) {
    this.#redis = redis;
    this.#salt = salt;
  }

  /** By whose word the chain was whole when this was last looked at; undefined before that. */
  get whole(): string | undefined {
    return this.#seen?.whole;
  }

  /**
   * Appends, durably as far as Redis is.
   *
   * @returns the entries as recorded, and on whose word
   * @throws {@link Conflict}; `ENTRY_INVALID`; `LEDGER_UNAVAILABLE`, after which it is unknown whether they were recorded
   */
  async append(append: Append): Promise<Appended> {
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ append, resolve, reject });
      // Whoever else wants to append at this moment goes along.
      process.nextTick(() => {
        if (this.#busy) this.#sendMore();
        else void this.#drain();
      });
    });
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      try {
        this.#standing ??= await this.#stand();
        this.#sendMore();
        await this.#settleAll();
      } catch (error) {
        const failure = unavailable(error);
        for (const { reject } of this.#waiting.splice(0)) reject(failure);
      }
    }
    this.#busy = false;
  }

  /** Sends what waits, unless enough is under way or it isn't known what to seal it on. */
  #sendMore(): void {
    while (this.#waiting.length > 0 && this.#underWay.length < UNDER_WAY && this.#standing !== undefined)
      this.#send(this.#waiting.splice(0, BATCH), this.#standing);
  }

  #send(batch: readonly Waiting[], { head: from, whole }: Standing): void {
    let head = from;
    const sealed = batch.flatMap((waiting): Sealed[] => {
      try {
        const { held } = waiting.append.guard ?? {};
        // What was remembered is of a chain that was made whole since.
        if (held !== undefined && held.whole !== whole) throw new Conflict();
        const entries = this.#sealAll(waiting.append, head);
        const { seq, hash } = entries.at(-1) ?? head;
        head = { seq, hash };
        return [{ waiting, entries, head }];
      } catch (error) {
        waiting.reject(error);
        return [];
      }
    });
    if (sealed.length === 0) return;
    const args = [writeHead(from), whole, entriesKey(""), personKey(""), ...sealed.flatMap(argsOf)];
    const reply = run(this.#redis, append, APPEND_KEYS, args);
    // It is awaited in its turn; a failure that comes before that is no stray one.
    reply.catch(() => undefined);
    this.#underWay.push({ whole, sealed, reply });
    this.#standing = { head, whole };
  }

  /** Settles what is under way, and what is sent meanwhile. What has to be sealed again waits in front. */
  async #settleAll(): Promise<void> {
    const again: Waiting[] = [];
    let found: Standing | undefined;
    for (let batch = this.#underWay[0]; batch !== undefined; batch = this.#underWay[0]) {
      try {
        found = await this.#settle(batch, again);
      } catch (error) {
        // What Redis holds now is unknown, so the head is read again.
        this.#standing = undefined;
        found = undefined;
        const failure = unavailable(error);
        for (const { waiting } of batch.sealed) waiting.reject(failure);
      }
      this.#underWay.shift();
      this.#sendMore();
    }
    this.#standing ??= found;
    this.#waiting.unshift(...again);
  }

  /**
   * Settles what is settled of a batch, and keeps what has to be sealed again.
   *
   * @returns where the chain stood after it, unless that has to be read
   */
  async #settle({ whole, sealed, reply }: Batch, again: Waiting[]): Promise<Standing | undefined> {
    const raw = await reply.catch((error: unknown) => {
      throw isRefusal(error) ? unavailable(error) : unsure(error);
    });
    const [end, answers] = answered.parse(raw);
    const found = answers.includes("whole") ? undefined : { head: parseHead(end), whole };
    // What was sealed on a head that it didn't come to is refused by now: nothing is sent until that is settled too.
    if (found?.head.hash !== sealed.at(-1)?.head.hash) this.#standing = undefined;
    if (found !== undefined) this.#reached(found);
    for (const [index, { waiting, entries }] of sealed.entries()) {
      const answer = answers[index];
      if (answer === "appended") waiting.resolve({ entries, whole });
      else if (answer === "version" || answer === "person") waiting.reject(new Conflict());
      else again.push(waiting);
    }
    return found;
  }

  /** @throws `LEDGER_UNAVAILABLE` where no worker vouches for the chain */
  async #stand(): Promise<Standing> {
    const { head, whole } = await readStanding(this.#redis);
    if (whole === undefined) throw notWhole("no worker has held it against its mirror yet");
    const standing = { head, whole };
    this.#reached(standing);
    return standing;
  }

  /**
   * A chain that became shorter lost what was acknowledged, and what is appended now would make two of it. Only a worker that
   * recovered it may say that it is whole again.
   */
  #reached(standing: Standing): void {
    const seen = this.#seen;
    if (seen?.whole === standing.whole && seen.head.seq > standing.head.seq)
      throw notWhole(`Redis lost entries: it ends at ${standing.head.seq}, and entry ${seen.head.seq} was recorded`);
    this.#seen = standing;
  }

  #sealAll({ events, stream, isRequest, at }: Append, head: Head): Entry[] {
    let on = head;
    return events.map((event) => {
      const entry = seal(event, on, { request: isRequest ? stream : undefined, at, salt: this.#salt });
      on = { seq: entry.seq, hash: entry.hash };
      return entry;
    });
  }
}

const APPEND_KEYS = [KEYS.chain, KEYS.head, KEYS.due, KEYS.untold, KEYS.requests, KEYS.whole];

function argsOf({ waiting: { append: decision }, entries, head }: Sealed): string[] {
  const { stream, isRequest, events, version, guard, nextLook, openedAt } = decision;
  const opened = events.find((event) => event.type === "RequestOpened");
  const look = nextLook === undefined ? "-" : String(nextLook);
  const held = guard?.held?.streams ?? [];
  return [
    stream,
    String(version),
    guard?.person ?? opened?.data.requester ?? "",
    String(guard?.requests ?? -1),
    isRequest ? look : "",
    openedAt === undefined ? "" : String(openedAt),
    writeHead(head),
    String(entries.length),
    String(held.length),
    ...entries.map((entry) => JSON.stringify(entry)),
    ...held.flatMap(([name, length]) => [name, String(length)]),
  ];
}

/** What a server answers that did nothing: it is not, or no longer, the one to write, or can't. */
const REFUSED = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|READONLY|MASTERDOWN|LOADING|NOREPLICAS|MISCONF|OOM)\b/;

function isRefusal(error: unknown): boolean {
  return error instanceof Error && REFUSED.test(error.message);
}

/** What it means when an append was sent and no answer came. */
function unsure(error: unknown): CodedError {
  return new CodedError(
    "LEDGER_UNAVAILABLE",
    "The ledger's Redis did not answer in time: it is not known whether this was recorded.",
    { next: "/breakglass status will tell when it is back. Nothing is done twice if you try again.", cause: error },
  );
}

/** Nothing may be appended to a chain of which something is missing, nor done on its word. */
export function notWhole(why: string): CodedError {
  return new CodedError(
    "LEDGER_UNAVAILABLE",
    "Requests can't be taken just now: the ledger is being made whole, and nothing was recorded or granted.",
    {
      next: "Try again in a few seconds. If it stays so, no worker is running: docs/errors.md#ledger_unavailable.",
      cause: new Error(why),
    },
  );
}

/** What a failed call to Redis means to whoever asked. */
export function unavailable(error: unknown): CodedError {
  if (error instanceof CodedError) return error;
  return new CodedError(
    "LEDGER_UNAVAILABLE",
    "Requests can't be taken just now: the ledger's Redis does not answer, and nothing was recorded or granted.",
    {
      next: "Call an approver, and whoever runs this service; docs/errors.md#ledger_unavailable has the way in without it. Access that is on still ends by itself.",
      cause: error,
    },
  );
}
