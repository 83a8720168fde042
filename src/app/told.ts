import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";
import { PLATFORMS, type ByPlatform, type Platform } from "../domain/platform.ts";

const recordSchema = z.object({
  /** Absent while a post is under way, or was when something broke: it may or may not have been made. */
  posted: z.object({ channel: z.string(), message: z.string() }).optional(),
  /** What it shows: a digest. */
  shows: z.string(),
});

export type ToldRecord = z.output<typeof recordSchema>;

/** How long what was told is remembered after a request was last spoken of. */
const KEPT_MS = 90 * 86_400_000;
/** How long one announcer has a request to itself, if it isn't heard of again: so soon another takes over after a crash. */
const LOCK_MS = 15_000;
/** Shorter than a recovery takes: whoever had a request before Redis lost its memory stops before another may begin. */
const RENEW_MS = 2_000;

const RENEW = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end return 0`;
const RELEASE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`;

/** How far a platform was told, by the newest entry: it stands beside its posts under this name. */
const TOLD_TO = "@";

/** What one chat platform was told of each request, by post: a retry says nothing twice. */
export class Told {
  readonly #redis: Connection;
  readonly #platform: Platform;
  /** Slack's posts stand under their own names, as they did when there was nothing else. */
  readonly #prefix: string;
  /** Until when a request is ours alone, as far as Redis has confirmed it, by a clock that doesn't jump. */
  readonly #ours = new Map<string, number>();

  constructor(redis: Connection, platform: Platform) {
    this.#redis = redis;
    this.#platform = platform;
    this.#prefix = platform === "slack" ? "" : `${platform}:`;
  }

  async read(request: string): Promise<Map<string, ToldRecord>> {
    const found = Object.entries(await this.#redis.hgetall(key(request)));
    return new Map(
      found
        .filter(([name]) => this.#isOurs(name))
        .map(([name, json]) => [name.slice(this.#prefix.length), recordSchema.parse(JSON.parse(json))]),
    );
  }

  #isOurs(name: string): boolean {
    if (name.startsWith(TOLD_TO)) return false;
    if (this.#prefix !== "") return name.startsWith(this.#prefix);
    return !PLATFORMS.some((platform) => name.startsWith(`${platform}:`));
  }

  /** How far a request was told in each platform, by the newest entry told of. */
  async toldTo(request: string): Promise<ByPlatform<number>> {
    const found = await this.#redis.hmget(key(request), ...PLATFORMS.map((platform) => TOLD_TO + platform));
    return Object.fromEntries(PLATFORMS.map((platform, index) => [platform, Number(found[index] ?? 0)]));
  }

  /** This platform was told so far. */
  async rememberToldTo(request: string, seq: number): Promise<void> {
    const change = this.#redis.multi().hset(key(request), TOLD_TO + this.#platform, String(seq));
    await change.pexpire(key(request), KEPT_MS).exec();
  }

  /**
   * Remembers what became of posts.
   *
   * @param known - by post: that it is about to be made (without `posted`: if nothing more is heard, it is looked for before
   *   it is made again), or where it stands and what it shows
   * @param unsaid - of which it is known that nothing was posted
   */
  async remember(
    request: string,
    known: ReadonlyMap<string, ToldRecord>,
    unsaid: readonly string[] = [],
  ): Promise<void> {
    if (known.size === 0 && unsaid.length === 0) return;
    const fields = [...known].flatMap(([name, record]) => [this.#prefix + name, JSON.stringify(record)]);
    const change = this.#redis.multi();
    if (fields.length > 0) change.hset(key(request), ...fields).pexpire(key(request), KEPT_MS);
    if (unsaid.length > 0) change.hdel(key(request), ...unsaid.map((name) => this.#prefix + name));
    await change.exec();
  }

  /** Whether a request is ours alone still. Redis may have forgotten that it was, or been away so long that another began. */
  maySpeakOf(request: string): boolean {
    return performance.now() < (this.#ours.get(request) ?? -Infinity);
  }

  /**
   * Runs something while no other process speaks of the request.
   *
   * @param holder - fresh random text, so that only we let go
   * @returns false when another is at it
   */
  async exclusively(request: string, holder: string, speak: () => Promise<void>): Promise<boolean> {
    const lock = `${HASH_TAG}:telling:${this.#prefix}${request}`;
    const askedAt = performance.now();
    if ((await this.#redis.set(lock, holder, "PX", LOCK_MS, "NX")) === null) return false;
    this.#ours.set(request, askedAt + LOCK_MS);
    const renewal = setInterval(() => {
      const renewedAt = performance.now();
      this.#redis.eval(RENEW, 1, lock, holder, LOCK_MS).then(
        (kept) => this.#ours.has(request) && this.#ours.set(request, kept === 1 ? renewedAt + LOCK_MS : -Infinity),
        () => undefined,
      );
    }, RENEW_MS);
    try {
      await speak();
    } finally {
      clearInterval(renewal);
      this.#ours.delete(request);
      await this.#redis.eval(RELEASE, 1, lock, holder);
    }
    return true;
  }
}

function key(request: string): string {
  return `${HASH_TAG}:told:${request}`;
}
