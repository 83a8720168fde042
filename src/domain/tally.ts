import type { Source } from "./activity.ts";
import type { EventData } from "./events.ts";
import { concerned, gravity, type Begun, type Ended, type Recorded } from "./recorded.ts";
import type { Kind } from "./sql/classify.ts";
import { KINDS } from "./sql/classify.ts";
import { cut, plainLine } from "./text.ts";

/** So many statements are shown in full in one digest; the others are in the recording. */
export const SHOWN_MAX = 6;
/** So much of a statement's text is shown, in UTF-16 units. */
const TEXT_MAX = 300;
const TABLES_MAX = 10;
const SESSIONS_MAX = 50;
const ADDRESSES_MAX = 20;
const VERBS_MAX = 5;
const VERBS_LENGTH_MAX = 100;

type Digest = EventData<"CommandsObserved">;
type Shown = { -readonly [Key in keyof Digest["shown"][number]]: Digest["shown"][number][Key] } & {
  text: string;
  gravity: number;
};

interface OfKind {
  count: number;
  rows: number | undefined;
  readonly tables: Set<string>;
}

/** The note of an entry that holds the nth shown statement's text. */
export function statementNote(nth: number): string {
  return `statement.${nth}`;
}

/** The note that holds the addresses that sessions came from. */
export const ADDRESSES_NOTE = "addresses";

/**
 * Adds up a part of a recording, line by line, and keeps little of it however long it is.
 */
export class Tally {
  readonly #kinds = new Map<Kind, OfKind>();
  readonly #sessions = new Set<string>();
  readonly #addresses = new Set<string>();
  #shown: Shown[] = [];
  #interesting = 0;
  #first: number | undefined;
  #from = Infinity;
  #to = 0;
  #statements = 0;
  #ended = 0;
  #later = 0;
  #errors = 0;
  #bytes = 0;
  #last = 0;

  /** Adds a line. The ends of statements that began before the part count too. */
  add(line: Recorded): void {
    if ("n" in line) this.#begin(line);
    else if ("end" in line) this.#end(line);
  }

  /** Whether nothing was run, and nothing ended. */
  get isEmpty(): boolean {
    return this.#statements === 0 && this.#later === 0;
  }

  /**
   * The digest of it all.
   *
   * @param by - how it is known
   * @param recording - the file, and how far it was added up
   */
  digest(
    by: Source,
    recording: Omit<Digest["recording"], "statements">,
  ): { data: Digest; notes: Readonly<Record<string, string>> } {
    const shown = this.#shown.toSorted((one, other) => one.n - other.n);
    const data: Digest = {
      by,
      from: this.#from,
      to: this.#to,
      statements: this.#statements,
      kinds: KINDS.flatMap((kind) => {
        const found = this.#kinds.get(kind);
        if (found === undefined) return [];
        const { count, rows, tables } = found;
        return [{ kind, count, ...(rows !== undefined && { rows }), tables: [...tables] }];
      }),
      bytes: this.#bytes,
      errors: this.#errors,
      running: Math.max(0, this.#statements - this.#ended),
      later: this.#later,
      sessions: [...this.#sessions],
      shown: shown.map(({ text: _text, gravity: _gravity, ...rest }) => rest),
      more: this.#interesting - shown.length,
      recording: { ...recording, statements: this.#last },
    };
    const notes = new Map(shown.map(({ text }, index) => [statementNote(index + 1), text]));
    if (this.#addresses.size > 0) notes.set(ADDRESSES_NOTE, [...this.#addresses].join(", "));
    return { data, notes: Object.fromEntries(notes) };
  }

  #begin(line: Begun): void {
    const { n, at, session, from, kinds, does } = line;
    this.#first ??= n;
    this.#last = Math.max(this.#last, n);
    this.#statements += 1;
    this.#seen(at);
    if (this.#sessions.size < SESSIONS_MAX) this.#sessions.add(cut(session, 40));
    if (this.#addresses.size < ADDRESSES_MAX && from !== "") this.#addresses.add(cut(plainLine(from), 60));
    for (const [kind, count] of Object.entries(kinds) as [Kind, number][]) this.#ofKind(kind).count += count;
    for (const each of does) this.#name(each.kind, concerned(each));
    const gravest = Math.min(3, ...does.map(gravity));
    if (gravest < 3) this.#show(line, gravest);
  }

  #end({ end, began, kind, tables, ms, rows, rowsOf, bytes = 0, error }: Ended): void {
    const isEarlier = this.#first === undefined || end < this.#first;
    if (isEarlier) this.#later += 1;
    else this.#ended += 1;
    this.#seen(began + ms);
    this.#bytes += bytes;
    if (error !== undefined) this.#errors += 1;
    for (const [each, some] of Object.entries(rowsOf ?? (rows === undefined ? {} : { [kind]: rows })) as [
      Kind,
      number,
    ][]) {
      const ofKind = this.#ofKind(each);
      ofKind.rows = (ofKind.rows ?? 0) + some;
    }
    this.#name(kind, tables);
    const shown = this.#shown.find(({ n }) => n === end);
    if (shown === undefined) return;
    if (rows !== undefined) shown.rows = rows;
    if (error !== undefined) shown.error = error.code;
  }

  #seen(at: number): void {
    const moment = Math.round(at);
    this.#from = Math.min(this.#from, moment);
    this.#to = Math.max(this.#to, moment);
  }

  #ofKind(kind: Kind): OfKind {
    const found = this.#kinds.get(kind) ?? { count: 0, rows: undefined, tables: new Set() };
    this.#kinds.set(kind, found);
    return found;
  }

  #name(kind: Kind, tables: readonly string[]): void {
    const { tables: known } = this.#ofKind(kind);
    for (const table of tables) if (known.size < TABLES_MAX) known.add(cut(plainLine(table), 130));
  }

  /** Of more than are shown, the gravest are; of equals, the first. */
  #show({ n, at, sql, does }: Begun, gravity: number): void {
    this.#interesting += 1;
    const verbs = [...new Set(does.map(({ verb }) => verb))].slice(0, VERBS_MAX);
    const line = plainLine(sql.slice(0, 4 * TEXT_MAX));
    // What it does may stand behind a long comment, or behind other statements.
    const isLong = line.length > TEXT_MAX || sql.length > 4 * TEXT_MAX;
    const text = isLong ? `${cut(line, TEXT_MAX)}… (${cut(verbs.join(", "), VERBS_LENGTH_MAX)})` : line;
    this.#shown.push({ n, at: Math.round(at), verbs, text, gravity });
    if (this.#shown.length <= SHOWN_MAX) return;
    const last = this.#shown.toSorted((one, other) => one.gravity - other.gravity || one.n - other.n).at(-1);
    this.#shown = this.#shown.filter((each) => each !== last);
  }
}
