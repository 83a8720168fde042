import { randomBytes } from "node:crypto";
import type { About } from "../trace.ts";

/** A piece of work, and how long it took. */
export interface KeptSpan {
  readonly name: string;
  readonly about: About;
  /** Milliseconds, as `performance.now()` counts them. */
  readonly began: number;
  ended: number;
  error?: unknown;
  /** The step that it is a part of. */
  readonly within: KeptSpan | undefined;
  readonly spanId: string;
}

/**
 * The spans of this process until they are handed over. Nothing is made of them while the work goes on that they are of, since somebody
 * waits for that. What a span is a part of follows from its request and lane: Node would tell exactly (AsyncLocalStorage), and makes
 * each promise of the program slower for it.
 */
export class KeptSpans {
  readonly #max: number;
  readonly #open = new Map<string, KeptSpan[]>();
  #done: KeptSpan[] = [];

  /** @param max - how many are kept that nobody took; more are dropped */
  constructor(max: number) {
    this.#max = max;
  }

  /** Does some work, and keeps how long it took. */
  async span<T>(name: string, about: About, work: () => Promise<T>): Promise<T> {
    const lane = about.lane === undefined ? (about.request ?? "") : `${about.request ?? ""} ${about.lane}`;
    const isStep = about.request !== undefined && about.level !== undefined;
    const within = about.level === undefined ? this.#open.get(lane)?.at(-1) : undefined;
    const span: KeptSpan = { name, about, began: performance.now(), ended: 0, within, spanId: spanId() };
    if (isStep) this.#begin(lane, span);
    try {
      return await work();
    } catch (error) {
      span.error = error;
      throw error;
    } finally {
      span.ended = performance.now();
      if (isStep) this.#end(lane, span);
      if (this.#done.length < this.#max) this.#done.push(span);
    }
  }

  /** Those that are over and were not taken yet. */
  take(): readonly KeptSpan[] {
    const done = this.#done;
    this.#done = [];
    return done;
  }

  #begin(lane: string, span: KeptSpan): void {
    const steps = this.#open.get(lane);
    if (steps === undefined) this.#open.set(lane, [span]);
    else steps.push(span);
  }

  #end(lane: string, span: KeptSpan): void {
    const steps = (this.#open.get(lane) ?? []).filter((each) => each !== span);
    if (steps.length === 0) this.#open.delete(lane);
    else this.#open.set(lane, steps);
  }
}

/** Random bytes are cheaper by the thousand. */
let bytes: Buffer = Buffer.alloc(0);
function spanId(): string {
  if (bytes.length < 8) bytes = randomBytes(8_192);
  const id = bytes.toString("hex", 0, 8);
  bytes = bytes.subarray(8);
  return id;
}
