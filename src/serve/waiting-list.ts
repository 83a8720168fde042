/** Which requests wait, and until when; moments in epoch milliseconds. What isn't on it needs no waiting. */
export class WaitingList {
  readonly #until = new Map<string, number>();

  /**
   * Lets a request wait; not for longer than it waits already, because whoever put it there has something of their own to say.
   *
   * @returns until when it waits now
   */
  add(id: string, until: number): number {
    const sooner = Math.min(until, this.#until.get(id) ?? Infinity);
    this.#until.set(id, sooner);
    return sooner;
  }

  remove(id: string): void {
    this.#until.delete(id);
  }

  /** Those of some requests that need not wait any longer at a moment. Whoever's time has come leaves the list. */
  take(ids: readonly string[], by: number): string[] {
    const due = ids.filter((id) => (this.#until.get(id) ?? 0) <= by);
    for (const [id, until] of this.#until) if (until <= by) this.#until.delete(id);
    return due;
  }

  /** The first moment after another at which somebody's time comes. */
  next(after: number): number | undefined {
    let next: number | undefined;
    for (const until of this.#until.values()) {
      if (until > after && (next === undefined || until < next)) next = until;
    }
    return next;
  }
}
