import { SteadyClock } from "../../src/serve/steady-clock.ts";

/** Four machines, of two bots and two workers, each with a clock of its own that may jump; what goes by is the same for all. */
export class Machines {
  readonly #time: () => number;
  readonly #redisIsUp: () => boolean;
  /** By how much each machine's clock is off, in milliseconds. */
  readonly #offMs = [0, 0, 0, 0];

  /**
   * @param time - the right one, epoch milliseconds
   * @param redisIsUp - whether Redis tells it at this moment
   */
  constructor(time: () => number, redisIsUp: () => boolean) {
    this.#time = time;
    this.#redisIsUp = redisIsUp;
  }

  /** One machine's clock jumps. */
  jump(machine: number, ms: number): void {
    this.#offMs[machine] = (this.#offMs[machine] ?? 0) + ms;
  }

  /** What a process that starts on a machine takes for the time, as when it is served. One that starts without Redis serves nobody. */
  clockOf(machine: number): () => number {
    const wall = (): number => this.#time() + (this.#offMs[machine] ?? 0);
    const clock = new SteadyClock({ wall, elapsed: this.#time });
    clock.compare(this.#time());
    return () => {
      if (this.#redisIsUp()) clock.compare(this.#time());
      return clock.now();
    };
  }
}
