import type { Connection } from "../connection.ts";
import type { Log } from "../log.ts";
import { redisTime } from "../redis/time.ts";

const PERIOD_MS = 1_000;
/** An answer that took longer says too little about when it was given. */
const SLOW_MS = 200;
/** A clock that is off by this much is told of. */
const TOLD_MS = 1_000;

/** What a {@link SteadyClock} reads, in milliseconds. */
export interface Clocks {
  /** The machine's clock, since 1970. It may be set, by anyone, to anything. */
  readonly wall: () => number;
  /** What has gone by since some moment. It can't be set, but stands still while the machine is asleep. */
  readonly elapsed: () => number;
}

/**
 * The time, of three clocks the one in the middle: the machine's, that of Redis, and what has gone by since they were last
 * compared. So a clock that jumps, here or there, ends no access early and none late; and after a sleep, which two of the three
 * see, it is the right time again.
 */
export class SteadyClock {
  readonly #clocks: Clocks;
  #at: number;
  #since: number;
  #isCompared = false;

  constructor(clocks: Clocks) {
    this.#clocks = clocks;
    this.#at = clocks.wall();
    this.#since = clocks.elapsed();
  }

  /** Epoch milliseconds. */
  now(): number {
    return Math.round(this.#at + this.#clocks.elapsed() - this.#since);
  }

  /**
   * Compares the three.
   *
   * @param redis - what Redis says now, epoch milliseconds
   * @returns by how much the machine's clock is off from what is taken for the time
   */
  compare(redis: number): number {
    const [own, wall] = [this.now(), this.#clocks.wall()];
    // Before the first comparison there are two clocks, and all processes share that of Redis.
    const [, middle = own] = this.#isCompared ? [own, wall, redis].sort((one, other) => one - other) : [wall, redis];
    this.#at = middle;
    this.#since = this.#clocks.elapsed();
    this.#isCompared = true;
    return wall - middle;
  }
}

/**
 * Keeps a clock right: compares it now, and then each second. While Redis is away it goes on by itself.
 *
 * @returns what ends that
 */
export async function keepRight(clock: SteadyClock, redis: Connection, clocks: Clocks, log: Log): Promise<() => void> {
  let isOff = false;
  const compare = async (): Promise<void> => {
    const before = clocks.elapsed();
    const answer = await redisTime(redis).catch(() => undefined);
    const tookMs = clocks.elapsed() - before;
    if (answer === undefined || tookMs > SLOW_MS) return;
    const offMs = Math.round(clock.compare(answer + tookMs / 2));
    const wasOff = isOff;
    isOff = Math.abs(offMs) > TOLD_MS;
    if (isOff && !wasOff) log.warn("this machine's clock is not that of Redis: it is not gone by", { offMs });
  };
  await compare();
  const comparing = setInterval(() => void compare(), PERIOD_MS);
  return () => {
    clearInterval(comparing);
  };
}
