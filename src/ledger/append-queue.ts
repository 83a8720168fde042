import { z } from "zod";
import type { Connection } from "../connection.ts";
import type { NewEvent } from "../domain/events.ts";
import { CodedError } from "../errors.ts";
import { seal, type Entry, type Head } from "./entry.ts";
import { entriesKey, KEYS, personKey } from "./keys.ts";
import { enqueue, isMissing, load, script } from "./script-runner.ts";
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
  /** The requester, when their other requests mattered to the decision, and how many they had. */
  readonly guard?: { readonly person: string; readonly requests: number } | undefined;
  /** When the request wants its next look afterwards, epoch milliseconds; undefined for never. */
  readonly nextLook: number | undefined;
  /** When it was opened, if this opens it. */
  readonly openedAt?: number | undefined;
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
  readonly resolve: (entries: Entry[]) => void;
  readonly reject: (error: unknown) => void;
}

const script_ = script(APPEND);
/** Entries sealed and sent together; more only makes a conflict dearer. */
const BATCH = 256;

const answer = z.union([
  z.tuple([z.literal(1)]),
  z.tuple([z.literal(0), z.literal("whole")]),
  z.tuple([z.literal(0), z.literal("head"), z.string()]),
  z.tuple([z.literal(0), z.enum(["version", "person"]), z.number()]),
]);

/**
 * One process's way to the chain. Appends queue up while one is under way and are then sealed one on the other and sent
 * together, so that they share a flush to disk; Redis runs each as its own script.
 */
export class AppendQueue {
  readonly #redis: Connection;
  readonly #salt: () => string;
  readonly #waiting: Waiting[] = [];
  /** Where the chain stands, as far as is known. */
  #standing: Standing | undefined;
  /** The furthest that was seen of it. */
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

  /**
   * Appends, durably as far as Redis is.
   *
   * @returns the entries as recorded
   * @throws {@link Conflict}; `ENTRY_INVALID`; `LEDGER_UNAVAILABLE`, after which it is unknown whether they were recorded
   */
  async append(append: Append): Promise<Entry[]> {
    return await new Promise((resolve, reject) => {
      this.#waiting.push({ append, resolve, reject });
      if (!this.#busy) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        this.#waiting.unshift(...(await this.#send(batch)));
      } catch (error) {
        // What Redis holds now is unknown, so the head is read again.
        this.#standing = undefined;
        const failure = unavailable(error);
        for (const { reject } of batch) reject(failure);
      }
    }
    this.#busy = false;
  }

  /** Sends a batch, settles what is settled, and gives back what has to be sealed again. */
  async #send(batch: readonly Waiting[]): Promise<Waiting[]> {
    const { whole, head: from } = (this.#standing ??= await this.#stand());
    let head = from;
    const pipeline = this.#redis.pipeline();
    const sent: { waiting: Waiting; entries: Entry[]; head: Head }[] = [];
    for (const waiting of batch) {
      try {
        const entries = this.#sealAll(waiting.append, head);
        const last = entries.at(-1) ?? head;
        enqueue(pipeline, script_, keysOf(waiting.append), argsOf(waiting.append, { head, whole }, last, entries));
        head = { seq: last.seq, hash: last.hash };
        sent.push({ waiting, entries, head });
      } catch (error) {
        waiting.reject(error);
      }
    }
    const replies = (await pipeline.exec()) ?? [];
    const again: Waiting[] = [];
    for (const [index, { waiting, entries, head: after }] of sent.entries()) {
      const [error, reply] = replies[index] ?? [new Error("no reply")];
      if (error !== null) {
        if (isMissing(error)) await load(this.#redis, script_);
        if (isMissing(error)) again.push(waiting);
        else waiting.reject(isRefusal(error) ? unavailable(error) : unsure(error));
        this.#standing = undefined;
        continue;
      }
      const [ok, why, found] = answer.parse(reply);
      if (ok === 1) {
        this.#reached({ head: after, whole });
        waiting.resolve(entries);
      } else if (why === "head") {
        this.#reached({ head: parseHead(found), whole });
        again.push(waiting);
      } else if (why === "whole") {
        this.#standing = undefined;
        again.push(waiting);
      } else {
        waiting.reject(new Conflict());
      }
    }
    return again;
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
    this.#standing = standing;
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

function keysOf({ stream, guard, events }: Append): string[] {
  const opened = events.find((event) => event.type === "RequestOpened");
  const person = guard?.person ?? opened?.data.requester ?? "";
  const { chain, head, due, untold, requests, whole } = KEYS;
  return [chain, head, due, untold, requests, entriesKey(stream), personKey(person), whole];
}

function argsOf(append: Append, { head, whole }: Standing, after: Head, entries: readonly Entry[]): string[] {
  const look = append.nextLook === undefined ? "-" : String(append.nextLook);
  return [
    writeHead(head),
    String(append.version),
    String(append.guard?.requests ?? -1),
    append.stream,
    append.isRequest ? look : "",
    append.openedAt === undefined ? "" : String(append.openedAt),
    writeHead(after),
    whole,
    ...entries.map((entry) => JSON.stringify(entry)),
  ];
}

/** What a server answers that did nothing: it is not, or no longer, the one to write, or can't. */
const REFUSED = /^(MOVED|ASK|TRYAGAIN|CLUSTERDOWN|READONLY|MASTERDOWN|LOADING|NOREPLICAS|MISCONF|OOM)\b/;

function isRefusal(error: Error): boolean {
  return REFUSED.test(error.message);
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
