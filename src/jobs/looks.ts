/**
 * Looks at a request once at a time. A job, the sweep and the timer for a deadline come to the same request in the same
 * moment: the first looks, the others have it look again if it had begun before they came.
 */
export class Looks {
  readonly #look: (id: string) => Promise<void>;
  readonly #underWay = new Set<string>();
  readonly #again = new Set<string>();

  constructor(look: (id: string) => Promise<void>) {
    this.#look = look;
  }

  /** A look that waited for its turn begins: it sees what came until now, and nobody who came meanwhile needs another. */
  begins(id: string): void {
    this.#again.delete(id);
  }

  /** Looks, or leaves it to the look that is under way. @throws what the look throws */
  async at(id: string): Promise<void> {
    if (this.#underWay.has(id)) {
      this.#again.add(id);
      return;
    }
    this.#underWay.add(id);
    try {
      do {
        this.#again.delete(id);
        await this.#look(id);
      } while (this.#again.has(id));
    } finally {
      this.#underWay.delete(id);
      this.#again.delete(id);
    }
  }
}
