/** Lets a number of tasks run at once for each name; the others wait in line. So one slow target can't take every place. */
export class Turns {
  readonly #limit: number;
  readonly #running = new Map<string, number>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** @param limit - tasks at once for each name */
  constructor(limit: number) {
    this.#limit = limit;
  }

  async take<T>(name: string, task: () => Promise<T>): Promise<T> {
    const running = this.#running.get(name) ?? 0;
    if (running >= this.#limit) {
      await new Promise<void>((resolve) => {
        const line = this.#waiting.get(name);
        if (line === undefined) this.#waiting.set(name, [resolve]);
        else line.push(resolve);
      });
    } else {
      this.#running.set(name, running + 1);
    }
    try {
      return await task();
    } finally {
      this.#next(name);
    }
  }

  /** The place goes to whoever waits longest, or is given up. */
  #next(name: string): void {
    const line = this.#waiting.get(name) ?? [];
    const first = line.shift();
    if (line.length === 0) this.#waiting.delete(name);
    if (first === undefined) this.#running.set(name, (this.#running.get(name) ?? 1) - 1);
    else first();
  }
}
