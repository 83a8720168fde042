import { z } from "zod";
import type { Connection } from "../connection.ts";
import type { DomainEvent, NewEvent } from "../domain/events.ts";
import { nextLook } from "../domain/agenda.ts";
import { fold, type RequestState } from "../domain/request.ts";
import { untraced, type Trace } from "../trace.ts";
import { AppendQueue, Conflict, unavailable, type Guard } from "./append-queue.ts";
import { parseEntry, type Entry, type Head } from "./entry.ts";
import { entriesKey, KEYS, personKey, PROGRAM } from "./keys.ts";
import { requestOf, type Loaded } from "./loaded.ts";
import { PersonMemory, type Past } from "./person-memory.ts";
import { run, script } from "./script-runner.ts";
import { READ, READ_BESIDE, READ_PERSON, TOLD } from "./scripts.ts";
import { parseHead, readStanding, type Standing } from "./standing.ts";

const read = script(READ);
const readBeside = script(READ_BESIDE);
const told = script(TOLD);
const readPerson = script(READ_PERSON);
const lines = z.array(z.string());
const besideAnswer = z.tuple([z.coerce.number(), lines, lines]).nullable();
const personsRequests = z.tuple([z.int(), z.array(z.tuple([z.string(), lines]))]);
const streamRange = z.array(z.tuple([z.string(), z.tuple([z.literal("e"), z.string()])]));

/** How often it is decided again because another process recorded something first. */
const ATTEMPTS = 10;

/** A stream's entries, and what stands beside the chain, as they were at one moment. */
export interface Beside {
  /** The first entry since Redis was last held against its mirrors; 0 when it never had to: what stood beside those before it may be forgotten. */
  readonly recoveredAt: number;
  readonly entries: readonly Entry[];
  /** The hash's values by name. */
  readonly beside: ReadonlyMap<string, string>;
}

/** The one log, on Redis: requests are loaded from it and appended to it, nothing else writes. */
export class Ledger {
  readonly #redis: Connection;
  readonly #queue: AppendQueue;
  readonly #trace: Trace;
  readonly #memory = new PersonMemory();

  /**
   * @param redis - a connection that fails fast rather than waits
   * @param salt - fresh random text for each note
   * @param trace - takes the time of appends
   */
  constructor(redis: Connection, salt: () => string, trace = untraced) {
    this.#redis = redis;
    this.#trace = trace;
    this.#queue = new AppendQueue(redis, salt);
  }

  /** A request by its id; undefined when there is none. @throws `LEDGER_UNAVAILABLE` */
  async load(id: string): Promise<Loaded | undefined> {
    return requestOf(id, await this.entriesOf(id));
  }

  /**
   * The entries of one stream, in order.
   *
   * @param from - how many of them are known already
   * @throws `LEDGER_UNAVAILABLE`
   */
  async entriesOf(stream: string, from = 0): Promise<Entry[]> {
    const found = await this.#asked(run(this.#redis, read, [KEYS.chain, entriesKey(stream)], [String(from)]));
    return lines.parse(found).map(parseEntry);
  }

  /**
   * The entries of one stream, and a hash that stands beside the chain, as they are at one moment.
   *
   * @param hash - its key
   * @returns undefined while no worker vouches for Redis: what stands beside the chain may be forgotten then
   * @throws `LEDGER_UNAVAILABLE`
   */
  async readBeside(stream: string, hash: string): Promise<Beside | undefined> {
    const keys = [KEYS.chain, entriesKey(stream), KEYS.whole, KEYS.recovered, hash];
    const found = besideAnswer.parse(await this.#asked(run(this.#redis, readBeside, keys, [])));
    if (found === null) return undefined;
    const [recoveredAt, entries, fields] = found;
    const names = fields.filter((_, index) => index % 2 === 0);
    const beside = new Map(names.map((name, index) => [name, fields[2 * index + 1] ?? ""]));
    return { recoveredAt, entries: entries.map(parseEntry), beside };
  }

  /**
   * Records what was decided on a request, if it is still as it was read.
   *
   * @param decided - `state`: as it was read, undefined for a new one; `at`: epoch milliseconds; `guard`: how the requester's
   *   requests stood, where that mattered
   * @returns the request afterwards, with the new events
   * @throws `Conflict`, `LEDGER_UNAVAILABLE`, `ENTRY_INVALID`
   */
  async record(decided: {
    readonly id: string;
    readonly state: RequestState | undefined;
    readonly events: readonly NewEvent[];
    readonly at: number;
    readonly guard?: Guard | undefined;
  }): Promise<Loaded> {
    const { id, state, events, at, guard } = decided;
    const expected = fold(
      id,
      events.map((event) => ({ ...event, seq: 0, at, hash: "" })),
      state,
    );
    if (expected === undefined) throw new Error(`nothing was decided on ${id}`);
    const decision = {
      ...{ stream: id, isRequest: true, events, at, version: state?.version ?? 0, guard },
      nextLook: nextLook(expected),
      openedAt: state === undefined ? expected.openedAt : undefined,
    };
    const about = { request: id, attributes: { events: events.map(({ type }) => type).join(" ") } };
    const { entries, whole } = await this.#trace.span("append", about, () => this.#queue.append(decision));
    if (state === undefined) this.#memory.wasOpened(expected, guard?.requests, whole);
    else this.#memory.wasChanged(expected, whole);
    const recorded = entries.flatMap(({ seq, hash }, index): DomainEvent[] => {
      const event = events[index];
      return event === undefined ? [] : [{ ...event, seq, hash, at }];
    });
    return { state: expected, events: recorded };
  }

  /**
   * Records what belongs to no request.
   *
   * @param decide - what there is to record, by the program's own entries so far; asked again when another process records
   *   something meanwhile
   * @param at - epoch milliseconds
   * @throws `LEDGER_UNAVAILABLE`, `ENTRY_INVALID`, `Conflict` when that goes on for ever
   */
  async recordOwn(decide: (own: readonly Entry[]) => readonly NewEvent[], at: number): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      const own = await this.entriesOf(PROGRAM);
      const events = decide(own);
      if (events.length === 0) return;
      try {
        await this.recordIn(PROGRAM, own.length, events, at);
        return;
      } catch (error) {
        if (!(error instanceof Conflict) || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /**
   * Records in a stream that is no request, if it still has so many entries.
   *
   * @param at - epoch milliseconds
   * @throws `Conflict`, `LEDGER_UNAVAILABLE`, `ENTRY_INVALID`
   */
  async recordIn(stream: string, version: number, events: readonly NewEvent[], at: number): Promise<void> {
    await this.#queue.append({ stream, isRequest: false, events, at, version, nextLook: undefined });
  }

  /**
   * One person's requests that were opened since a moment, the newest last, and how many they have in all.
   *
   * @param since - epoch milliseconds
   * @throws `LEDGER_UNAVAILABLE`
   */
  async ofPerson(person: string, since: number): Promise<Past> {
    const found = await this.#asked(
      run(this.#redis, readPerson, [KEYS.chain, personKey(person)], [String(since), entriesKey("")]),
    );
    const [count, requests] = personsRequests.parse(found);
    const loaded = requests.map(([id, entries]) => requestOf(id, entries.map(parseEntry)));
    return { states: loaded.flatMap((each) => (each === undefined ? [] : [each.state])), count };
  }

  /** {@link ofPerson}, remembered. The word that the chain is whole is taken before. */
  async readPast(person: string, since: number): Promise<Past> {
    const { whole } = this.#queue;
    const past = await this.ofPerson(person, since);
    if (whole !== undefined) this.#memory.wasRead(person, since, past, whole);
    return past;
  }

  /**
   * The same as this process remembers it, without asking anybody; undefined where it doesn't. What is decided on it is recorded
   * only if it is still so; what is refused on it has to be read first.
   *
   * @param since - epoch milliseconds
   */
  recallPast(person: string, since: number): Past | undefined {
    return this.#memory.recall(person, since);
  }

  /** The open requests that want a look after one moment and by another, the most pressing first. */
  async due(after: number, by: number, limit: number): Promise<string[]> {
    const from = after === -Infinity ? "-inf" : `(${after}`;
    return await this.#asked(this.#redis.zrangebyscore(KEYS.due, from, String(by), "LIMIT", "0", String(limit)));
  }

  /** The first look of all that is wanted after a moment, epoch milliseconds; undefined when there is none. */
  async nextDue(after: number): Promise<number | undefined> {
    const range = [`(${after}`, "+inf", "WITHSCORES", "LIMIT", "0", "1"] as const;
    const [, score] = await this.#asked(this.#redis.zrangebyscore(KEYS.due, ...range));
    return score === undefined ? undefined : Number(score);
  }

  /** Every open request. */
  async open(): Promise<string[]> {
    return await this.#asked(this.#redis.zrange(KEYS.due, "0", "-1"));
  }

  /** The newest requests, the newest first. */
  async newest(limit: number): Promise<string[]> {
    return await this.#asked(this.#redis.zrange(KEYS.requests, "0", String(limit - 1), "REV"));
  }

  /** Requests with something that chat may not have been told, the longest waiting first. */
  async untold(limit: number): Promise<string[]> {
    return await this.#asked(this.#redis.zrange(KEYS.untold, "0", String(limit - 1)));
  }

  /** How many requests have something that chat may not have been told, and the oldest such entry; undefined where there is none. */
  async untoldCount(): Promise<{ readonly count: number; readonly oldest: number | undefined }> {
    const [count, [, oldest]] = await this.#asked(
      Promise.all([this.#redis.zcard(KEYS.untold), this.#redis.zrange(KEYS.untold, "0", "0", "WITHSCORES")]),
    );
    return { count, oldest: oldest === undefined ? undefined : Number(oldest) };
  }

  /** Remembers that chat was told everything of a request up to an entry. @returns false when there is more by now */
  async markTold(id: string, seq: number): Promise<boolean> {
    return (await this.#asked(run(this.#redis, told, [KEYS.untold], [id, String(seq)]))) === 1;
  }

  /** The newest entry's place and hash. */
  async head(): Promise<Head> {
    return parseHead(await this.#asked(this.#redis.get(KEYS.head)));
  }

  /** The same, and what a worker wrote when it last held the chain against its mirror, if one did. */
  async standing(): Promise<Standing> {
    return await this.#asked(readStanding(this.#redis));
  }

  /**
   * The first entry that a worker has another one for in its mirror; undefined where no worker that runs has.
   *
   * @throws `LEDGER_UNAVAILABLE`
   */
  async forkedAt(): Promise<number | undefined> {
    const seq = await this.#asked(this.#redis.get(KEYS.forked));
    return seq === null ? undefined : Number(seq);
  }

  /**
   * Entries in order, as the lines they are exported as.
   *
   * @param from - the first sequence number wanted
   */
  async range(from: number, limit: number): Promise<string[]> {
    const found = await this.#asked(this.#redis.xrange(KEYS.chain, `${from}-0`, "+", "COUNT", String(limit)));
    return streamRange.parse(found).map(([, [, line]]) => line);
  }

  async #asked<T>(call: Promise<T>): Promise<T> {
    try {
      return await call;
    } catch (error) {
      throw unavailable(error);
    }
  }
}
