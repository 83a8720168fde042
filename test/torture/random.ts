import { createHash } from "node:crypto";

/** Chance that can be had again: mulberry32, from a seed. */
export class Random {
  readonly #seed: string;
  #state: number;

  constructor(seed: number | string) {
    this.#seed = String(seed);
    this.#state = createHash("sha256").update(this.#seed).digest().readUInt32LE();
  }

  /** Chance of its own for one decider, so that what it decides doesn't hang on how often another did meanwhile. */
  of(name: string | number): Random {
    return new Random(`${this.#seed} ${name}`);
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  }

  /** A whole number from 0 to below `end`. */
  below(end: number): number {
    return Math.floor(this.next() * end);
  }

  /** One of them. */
  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error("there is nothing to pick from");
    return picked;
  }

  /** True so often. */
  chance(of: number): boolean {
    return this.next() < of;
  }
}
