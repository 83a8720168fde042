import { HASH_TAG, type Connection } from "../connection.ts";
import { parseCheckpoint } from "./checkpoint.ts";

const NEWEST = `${HASH_TAG}:checkpoint`;
const WANTED = `${HASH_TAG}:checkpoint-wanted`;
/** Nobody waits longer for one. */
const WANTED_MS = 30_000;
const LOOK_AGAIN_MS = 200;

/**
 * Where workers put the newest checkpoint, so that a process without a mirror has it too, and where it is asked of them to sign one
 * before its time. It is signed, and no secret: whoever takes it from here can hold it against the public key.
 */
export class CheckpointPost {
  readonly #redis: Connection;

  constructor(redis: Connection) {
    this.#redis = redis;
  }

  /** A worker has signed one. One whose mirror is behind another's doesn't put an older one in its place. */
  async put(signed: string): Promise<void> {
    const [ours, newest] = [parseCheckpoint(signed), parseCheckpoint((await this.newest()) ?? "")];
    const isOlder = newest?.origin === ours?.origin && (newest?.size ?? 0) > (ours?.size ?? 0);
    if (!isOlder) await this.#redis.set(NEWEST, signed);
  }

  /** Up to which entry somebody wants one; 0 where nobody does. */
  async wanted(): Promise<number> {
    return Number((await this.#redis.get(WANTED)) ?? 0);
  }

  /** The newest one, as it was signed; undefined while no worker has put any. */
  async newest(): Promise<string | undefined> {
    return (await this.#redis.get(NEWEST)) ?? undefined;
  }

  /**
   * One that speaks of an entry, where a worker signs it in time; else the newest there is.
   *
   * @param seq - the entry's number
   * @param wait - how long it may take, in milliseconds, and how to wait so long
   */
  async upTo(
    seq: number,
    wait: { readonly ms: number; readonly pause: (ms: number) => Promise<unknown> },
  ): Promise<string | undefined> {
    for (let waitedMs = 0; ; waitedMs += LOOK_AGAIN_MS) {
      const newest = await this.newest();
      const size = newest === undefined ? 0 : (parseCheckpoint(newest)?.size ?? 0);
      if (size >= seq || waitedMs >= wait.ms) return newest;
      if (waitedMs === 0) await this.#redis.set(WANTED, String(seq), "PX", WANTED_MS);
      await wait.pause(LOOK_AGAIN_MS);
    }
  }
}
