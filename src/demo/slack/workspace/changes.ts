/** Tells who can see that something changed. */
export type ChangeListener = (people: ReadonlySet<string>) => void;

/** Counts, for each person, the changes to what they can see. */
export class Changes {
  readonly #versions = new Map<string, number>();
  readonly #listeners = new Set<ChangeListener>();

  /**
   * Something these people can see has changed.
   *
   * @param people - user ids
   */
  seenBy(people: Iterable<string>): void {
    const all = new Set(people);
    for (const person of all) this.#versions.set(person, this.version(person) + 1);
    for (const listener of [...this.#listeners]) listener(all);
  }

  /** @param person - a user id */
  version(person: string): number {
    return this.#versions.get(person) ?? 0;
  }

  /**
   * @param listener - called after each change
   * @returns a function that ends it
   */
  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Waits until a condition holds. It is asked at once, after each change, and every 20 ms for what changes elsewhere;
   * one that throws (an assertion) counts as not yet.
   *
   * @param condition - gives what was waited for, or null, undefined or false for "not yet"
   * @param options - `within`: milliseconds, 5,000 by default; `what`: named in the error
   * @throws Error when the time is over, with the last error that the condition threw
   */
  async waitFor<T>(
    condition: () => T | null | undefined | false,
    options: { within?: number; what?: string } = {},
  ): Promise<T> {
    const within = options.within ?? 5000;
    let thrown: unknown;
    return new Promise<T>((resolve, reject) => {
      const look = (): void => {
        try {
          const found = condition();
          if (found === null || found === undefined || found === false) return;
          end();
          resolve(found);
        } catch (error) {
          thrown = error;
        }
      };
      const end = (): void => {
        stop();
        clearInterval(poll);
        clearTimeout(limit);
      };
      const stop = this.listen(look);
      const poll = setInterval(look, 20);
      const limit = setTimeout(() => {
        end();
        const why = thrown instanceof Error ? `: ${thrown.message}` : "";
        reject(
          new Error(`${options.what ?? "what was waited for"} did not come within ${within} ms${why}`, {
            cause: thrown,
          }),
        );
      }, within);
      look();
    });
  }
}
