import { asCandidates } from "../domain/sql/candidates.ts";
import { cut } from "../domain/text.ts";
import { STATEMENT_KEPT } from "../domain/activity.ts";
import type { StatementText } from "./read-messages.ts";
import { Refused } from "./refused.ts";

/** Of all prepared statements of a session together so many characters are kept: they wait in memory. */
const KEPT = 16_000_000;

/** A change of what a name stands for, of which the target has not said yet whether it made it. */
export interface Change {
  readonly name: string;
  /** The batch it came in: what stands between two Syncs, of which the target skips the rest when something fails. */
  readonly batch: number;
  /** Undefined: it is closed. */
  readonly text: StatementText | undefined;
}

/**
 * What a session's prepared statements are. A client may say what it wants of a name before it knows whether the target did what it
 * said before; so a change counts for sure only when the target has confirmed it, or for what comes in the same batch, which isn't run
 * without it. Where it can't be told what a name stands for, all that it may be is said.
 */
export class Prepared {
  readonly #confirmed = new Map<string, StatementText>();
  readonly #pending = new Map<string, Change[]>();
  #size = 0;

  /** A statement is to be prepared, or closed. @throws Refused when there are too many */
  change(change: Change): void {
    this.#size += sizeOf(change.text);
    if (this.#size > KEPT)
      throw new Refused(
        "53200",
        "More statements are prepared than the session gateway can remember.",
        "Connect again.",
      );
    this.#pending.set(change.name, [...(this.#pending.get(change.name) ?? []), change]);
  }

  /** The target did it. */
  confirm(change: Change): void {
    this.#drop(change);
    this.#set(change.name, change.text);
  }

  /** The target didn't. */
  revert(change: Change): void {
    this.#drop(change);
    this.#size -= sizeOf(change.text);
  }

  /** What was prepared by SQL under some name, or taken away: what was prepared before then may be another. */
  forgetConfirmed(): void {
    for (const text of this.#confirmed.values()) this.#size -= sizeOf(text);
    this.#confirmed.clear();
  }

  /** What a name stands for, for what comes in a batch; undefined where it was not prepared by a message. */
  textOf(name: string, batch: number): StatementText | undefined {
    const pending = this.#pending.get(name) ?? [];
    const last = pending.at(-1);
    if (last === undefined || last.batch === batch) return last === undefined ? this.#confirmed.get(name) : last.text;
    const candidates = [this.#confirmed.get(name), ...pending.map(({ text }) => text)];
    const texts = [...new Set(candidates.flatMap((each) => (each === undefined ? [] : [each.sql])))];
    if (texts.length < 2) return candidates.findLast((each) => each !== undefined);
    const sql = asCandidates(texts);
    return { sql: cut(sql, STATEMENT_KEPT), ...(sql.length > STATEMENT_KEPT && { cutFrom: Buffer.byteLength(sql) }) };
  }

  /** The change that made it so, if that came in the same batch. */
  changeOf(name: string, batch: number): Change | undefined {
    const last = this.#pending.get(name)?.at(-1);
    return last?.batch === batch ? last : undefined;
  }

  #set(name: string, text: StatementText | undefined): void {
    this.#size -= sizeOf(this.#confirmed.get(name));
    if (text === undefined) this.#confirmed.delete(name);
    else this.#confirmed.set(name, text);
  }

  #drop(change: Change): void {
    const left = (this.#pending.get(change.name) ?? []).filter((each) => each !== change);
    if (left.length === 0) this.#pending.delete(change.name);
    else this.#pending.set(change.name, left);
  }
}

function sizeOf(text: StatementText | undefined): number {
  return text === undefined ? 0 : text.sql.length + 100;
}
