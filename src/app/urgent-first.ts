import { setImmediate } from "node:timers/promises";

/** Talk is held back so long at most, whatever is urgent meanwhile; and so long at most for any one thing. */
const LONGEST_MS = 250;

/**
 * Whoever typed a command waits for its answer, and access has to end at its deadline; a thread's next line can wait for a
 * moment. They share one process, so talk takes turns, one at a time, while nothing is urgent.
 */
export class UrgentFirst {
  #urgent = 0;
  #turn: Promise<void> = Promise.resolve();
  #calm: () => void = () => undefined;

  /** Something urgent begins. @returns to be called when it is over; talk doesn't wait for it longer than 250 ms */
  begin(): () => void {
    this.#urgent++;
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      clearTimeout(limit);
      if (--this.#urgent === 0) this.#calm();
    };
    const limit = setTimeout(end, LONGEST_MS);
    return end;
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
    if (this.#urgent === 0) return;
    await new Promise<void>((resolve) => {
      const limit = setTimeout(resolve, until - performance.now());
      this.#calm = () => {
        clearTimeout(limit);
        resolve();
      };
    });
  }
}
