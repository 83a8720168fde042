import { setImmediate } from "node:timers/promises";

/** Talk is held back so long at most, whatever people ask meanwhile. */
const LONGEST_MS = 250;

/**
 * Whoever typed a command waits for its answer; a thread's next line can wait for a moment. Both share one process, so talk
 * takes turns, one at a time, while nobody waits.
 */
export class AnswersFirst {
  #answering = 0;
  #turn: Promise<void> = Promise.resolve();
  #calm: () => void = () => undefined;

  /** Somebody waits for an answer. @returns to be called once when they have it */
  begin(): () => void {
    this.#answering++;
    return () => {
      if (--this.#answering === 0) this.#calm();
    };
  }

  /** Waits for a turn to talk. */
  async turn(): Promise<void> {
    const until = performance.now() + LONGEST_MS;
    this.#turn = this.#turn.then(() => this.#untilCalm(until));
    await this.#turn;
  }

  async #untilCalm(until: number): Promise<void> {
    // What arrived meanwhile is heard first.
    await setImmediate();
    if (this.#answering === 0) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, until - performance.now());
      this.#calm = () => {
        clearTimeout(limit);
        resolve();
      };
    });
  }
}
