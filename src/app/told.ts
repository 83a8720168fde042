import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";
import { run, script } from "../ledger/script-runner.ts";
import { PLATFORMS, type ByPlatform, type Platform } from "../domain/platform.ts";
import { RELEASE, RENEW } from "./lock-scripts.ts";

const recordSchema = z.object({
  /** Absent while a post is under way, or was when something broke: it may or may not have been made. */
  posted: z.object({ channel: z.string(), message: z.string() }).optional(),
  /** What it shows: a digest. */
  shows: z.string(),
});

export type ToldRecord = z.output<typeof recordSchema>;

/** How long what was told is remembered after a request was last spoken of. */
export const KEPT_MS = 90 * 86_400_000;
/** How long one announcer has a request to itself, if it isn't heard of again: so soon another takes over after a crash. */
const LOCK_MS = 15_000;
const RENEW_MS = 5_000;
/** How old Redis's word may be that a request is ours. Shorter than a recovery takes: before another may begin, we have stopped. */
const FRESH_MS = 1_000;

/**
 * Writes down what became of posts, as far as it is the caller's to say. Who lost the lock meanwhile, to a pause or a Redis that forgot
 * it, may be told wrong by what another did since: its "nothing was posted" would have everything said again.
 *
 * KEYS[1] what was told, [2] the lock
 * ARGV[1] who asks, [2] how long it is kept (ms), [3] how many are known
 * ARGV[4..] for each of them its name and its record, then the names of those of which nothing was posted
 *
 * Output: 1 when the lock is the caller's; 0 else. Then, if nobody has it, what stands is written where nothing is known to stand.
 */
const REMEMBER = script(`
local holder = redis.call('GET', KEYS[2])
local ours = holder == ARGV[1]
if holder and not ours then return 0 end
local last = 3 + 2 * tonumber(ARGV[3])
for i = 4, last, 2 do
  local known = redis.call('HGET', KEYS[1], ARGV[i]) or ''
  local stands = string.find(ARGV[i + 1], '"posted"', 1, true) and not string.find(known, '"posted"', 1, true)
  if ours or stands then redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
if not ours then return 0 end
for i = last + 1, #ARGV do redis.call('HDEL', KEYS[1], ARGV[i]) end
return 1`);

/** By whom it is held, when Redis last said so, and when the lock was last renewed, by a clock that doesn't jump. */
interface Ours {
  readonly holder: string;
  saidAt: number;
  renewedAt: number;
}

/** What there is to remember of one request at one moment, whoever says it. */
interface Note {
  readonly known: Map<string, ToldRecord>;
  readonly unsaid: Set<string>;
  /** What {@link Told.remember} gives, when it is written. */
  readonly written: Promise<boolean>;
}

/** How far a platform was told, by the newest entry: it stands beside its posts under this name. */
const TOLD_TO = "@";
/** Up to which entry a platform was told in messages that are not remembered. */
const FORGOTTEN_TO = "@forgotten:";

/** What became of telling one platform of a request. */
export interface ToldSoFar {
  readonly posts: Map<string, ToldRecord>;
  /** How far each platform was told, by the newest entry told of. */
  readonly toldTo: ByPlatform<number>;
  /** Up to which entry this platform was told in messages that are not remembered; 0 where there are none. */
  readonly forgottenTo: number;
}

/** What one chat platform was told of each request, by post: a retry says nothing twice. */
export class Told {
  readonly #redis: Connection;
  readonly #elapsed: () => number;
  readonly #platform: Platform;
  /** Slack's posts stand under their own names, as they did when there was nothing else. */
  readonly #prefix: string;
  /** The requests that are ours alone. */
  readonly #ours = new Map<string, Ours>();
  /** Those that we speak of, though they may be ours no longer. */
  readonly #spokenOf = new Set<string>();
  /** By request, until they are written: lanes begin together. */
  readonly #notes = new Map<string, Note>();

  /** @param elapsed - milliseconds by a clock that doesn't jump */
  constructor(redis: Connection, platform: Platform, elapsed: () => number = () => performance.now()) {
    this.#elapsed = elapsed;
    this.#redis = redis;
    this.#platform = platform;
    this.#prefix = platform === "slack" ? "" : `${platform}:`;
  }

  async read(request: string): Promise<ToldSoFar> {
    return this.parse(new Map(Object.entries(await this.#redis.hgetall(toldKey(request)))));
  }

  /** @param fields - what stands under {@link toldKey} */
  parse(fields: ReadonlyMap<string, string>): ToldSoFar {
    const posts = [...fields].filter(([name]) => this.#isOurs(name));
    return {
      posts: new Map(
        posts.map(([name, json]) => [name.slice(this.#prefix.length), recordSchema.parse(JSON.parse(json))]),
      ),
      toldTo: toldToOf(PLATFORMS.map((platform) => fields.get(TOLD_TO + platform))),
      forgottenTo: Number(fields.get(FORGOTTEN_TO + this.#platform) ?? 0),
    };
  }

  #isOurs(name: string): boolean {
    if (name.startsWith(TOLD_TO)) return false;
    if (this.#prefix !== "") return name.startsWith(this.#prefix);
    return !PLATFORMS.some((platform) => name.startsWith(`${platform}:`));
  }

  /** How far a request was told in each platform, by the newest entry told of. */
  async toldTo(request: string): Promise<ByPlatform<number>> {
    return toldToOf(await this.#redis.hmget(toldKey(request), ...PLATFORMS.map((platform) => TOLD_TO + platform)));
  }

  /** This platform was told so far. */
  async rememberToldTo(request: string, seq: number): Promise<void> {
    const change = this.#redis.multi().hset(toldKey(request), TOLD_TO + this.#platform, String(seq));
    await change.pexpire(toldKey(request), KEPT_MS).exec();
  }

  /** What was told up to an entry is not looked for, and not told again. */
  async rememberForgotten(request: string, seq: number): Promise<void> {
    const change = this.#redis.multi().hset(toldKey(request), FORGOTTEN_TO + this.#platform, String(seq));
    await change.pexpire(toldKey(request), KEPT_MS).exec();
  }

  /**
   * Remembers what became of posts, while the request is ours alone.
   *
   * @param known - by post: that it is about to be made (without `posted`: if nothing more is heard, it is looked for before
   *   it is made again), or where it stands and what it shows
   * @param unsaid - of which it is known that nothing was posted
   * @returns false when the request is not ours any more; what stands is remembered even then, unless another is at it
   */
  async remember(
    request: string,
    known: ReadonlyMap<string, ToldRecord>,
    unsaid: readonly string[] = [],
  ): Promise<boolean> {
    if (known.size === 0 && unsaid.length === 0) return this.#ours.has(request);
    const note = this.#notes.get(request) ?? this.#beginNote(request);
    // Of one post the last word counts.
    for (const [name, record] of known) {
      note.known.set(name, record);
      note.unsaid.delete(name);
    }
    for (const name of unsaid) {
      note.known.delete(name);
      note.unsaid.add(name);
    }
    return await note.written;
  }

  #beginNote(request: string): Note {
    const [known, unsaid] = [new Map<string, ToldRecord>(), new Set<string>()];
    const written = Promise.resolve().then(async () => {
      this.#notes.delete(request);
      const fields = [...known].flatMap(([name, record]) => [this.#prefix + name, JSON.stringify(record)]);
      const names = [...unsaid].map((name) => this.#prefix + name);
      const args = [this.#ours.get(request)?.holder ?? "", String(KEPT_MS), String(known.size), ...fields, ...names];
      return (await run(this.#redis, REMEMBER, [toldKey(request), this.#lockOf(request)], args)) === 1;
    });
    const note = { known, unsaid, written };
    this.#notes.set(request, note);
    return note;
  }

  /**
   * Whether a request is ours alone still, by Redis's word of this second. Redis may have forgotten that it was, or been away so
   * long that another began; what can't be told is a no.
   */
  async maySpeakOf(request: string): Promise<boolean> {
    const ours = this.#ours.get(request);
    if (ours === undefined) return false;
    if (this.#elapsed() - ours.saidAt <= FRESH_MS) return true;
    return await this.#isStillOurs(request, ours).catch(() => false);
  }

  /**
   * Runs something while no other process speaks of the request.
   *
   * @param holder - fresh random text, so that only we let go
   * @returns false when another is at it, or we are ourselves: who lost the lock, and has not seen it yet, would take a second one of
   *   this process for its own
   */
  async exclusively(request: string, holder: string, speak: () => Promise<void>): Promise<boolean> {
    if (this.#spokenOf.has(request)) return false;
    this.#spokenOf.add(request);
    try {
      return await this.#exclusively(request, holder, speak);
    } finally {
      this.#spokenOf.delete(request);
    }
  }

  async #exclusively(request: string, holder: string, speak: () => Promise<void>): Promise<boolean> {
    const lock = this.#lockOf(request);
    const saidAt = this.#elapsed();
    if ((await this.#redis.set(lock, holder, "PX", LOCK_MS, "NX")) === null) return false;
    this.#ours.set(request, { holder, saidAt, renewedAt: saidAt });
    // It fails where Redis is away: then nothing is said, and whoever is first takes it when Redis is back.
    const renewal = setInterval(() => void this.#renew(request).catch(() => false), RENEW_MS);
    try {
      await speak();
    } finally {
      clearInterval(renewal);
      this.#ours.delete(request);
      await this.#redis.eval(RELEASE, 1, lock, holder);
    }
    return true;
  }

  /** A look, and no write: it is asked before many a message. A lock that may soon be over is renewed instead. */
  async #isStillOurs(request: string, ours: Ours): Promise<boolean> {
    const saidAt = this.#elapsed();
    if (saidAt - ours.renewedAt > LOCK_MS / 2) return await this.#renew(request);
    return this.#heard(request, ours, saidAt, (await this.#redis.get(this.#lockOf(request))) === ours.holder);
  }

  async #renew(request: string): Promise<boolean> {
    const ours = this.#ours.get(request);
    if (ours === undefined) return false;
    const saidAt = this.#elapsed();
    const isKept = (await this.#redis.eval(RENEW, 1, this.#lockOf(request), ours.holder, LOCK_MS)) === 1;
    if (isKept) ours.renewedAt = saidAt;
    return this.#heard(request, ours, saidAt, isKept);
  }

  #heard(request: string, ours: Ours, saidAt: number, isKept: boolean): boolean {
    if (isKept) ours.saidAt = Math.max(ours.saidAt, saidAt);
    else this.#ours.delete(request);
    return isKept;
  }

  #lockOf(request: string): string {
    return `${HASH_TAG}:telling:${this.#prefix}${request}`;
  }
}

/** Where what became of telling of a request is remembered: a hash, by post, for all platforms. */
export function toldKey(request: string): string {
  return `${HASH_TAG}:told:${request}`;
}

/** @param found - of each platform, in their order */
function toldToOf(found: readonly (string | null | undefined)[]): ByPlatform<number> {
  return Object.fromEntries(PLATFORMS.map((platform, index) => [platform, Number(found[index] ?? 0)]));
}
