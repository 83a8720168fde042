import { CRASH_POINTS } from "./crash-points.ts";
import type { Order } from "./order.ts";
import type { Random } from "./random.ts";

/** How a process is to end. */
export interface Life {
  readonly order: Order;
  /** Whether it may die before it serves: then it is armed as it is born. */
  readonly isArmedAtBirth: boolean;
  /** How long it lives at most once it serves, in ms, wherever it is then. */
  readonly longestMs: number;
}

/** Works that are come to only once in a minute, or only when Redis lost something: they are waited for from the beginning. */
const RARE = /^(?:recovery|checkpoint)\./;

/** The lives of one process, one after the other. Each point has its turn before any has another. */
export class Lives {
  readonly #random: Random;
  readonly #passes: number;
  readonly #longestMs: number;
  #points: string[] = [];

  /** @param options - `passes`: how often it comes to the point where it dies, at most */
  constructor(random: Random, options: { readonly passes: number; readonly longestMs: number }) {
    this.#random = random;
    this.#passes = options.passes;
    this.#longestMs = options.longestMs;
  }

  next(): Life {
    const random = this.#random;
    // Once in a while at no point at all, but at any moment.
    if (this.#points.length === 0) this.#points = ["", "", ...CRASH_POINTS];
    const [point = ""] = this.#points.splice(random.below(this.#points.length), 1);
    const isRare = RARE.test(point);
    const passes = 1 + random.below(this.#passes);
    const order: Order = { point, nth: isRare ? 1 : passes, ms: random.below(6) };
    const isArmedAtBirth = random.chance(0.5) || isRare;
    return { order, isArmedAtBirth, longestMs: 500 + random.below(this.#longestMs) };
  }
}
