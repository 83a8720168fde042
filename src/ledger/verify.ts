import { CodedError } from "../errors.ts";
import { EMPTY, hashedBytes, noteHash, parseEntry, sha256, type Entry, type Head } from "./entry.ts";

/** What a ledger turned out to be. */
export interface Verification {
  /** The last entry that holds. */
  readonly head: Head;
  /** Notes that were erased on request; the chain holds without them. */
  readonly erased: number;
  /** The first line that doesn't hold, and what is wrong with it. */
  readonly broken?: { readonly line: number; readonly problem: string };
}

/**
 * Checks an exported ledger, line by line: each entry's form, its hash, its link to the one before, and its notes.
 * It trusts nothing but the lines, and stops at the first that is wrong.
 *
 * @param lines - one JSON entry each, from the first
 */
export async function verify(lines: AsyncIterable<string> | Iterable<string>): Promise<Verification> {
  let head: Head = EMPTY;
  let erased = 0;
  let line = 0;
  for await (const text of lines) {
    line += 1;
    try {
      const entry = parseEntry(text);
      checkLink(entry, head);
      erased += checkNotes(entry);
      head = { seq: entry.seq, hash: entry.hash };
    } catch (error) {
      if (!(error instanceof CodedError)) throw error;
      return { head, erased, broken: { line, problem: error.message } };
    }
  }
  return { head, erased };
}

/**
 * Whether an entry is whole and follows `head`.
 *
 * @throws `LEDGER_BROKEN`, naming what is wrong
 */
export function checkLink(entry: Entry, head: Head): void {
  if (entry.seq !== head.seq + 1) {
    throw new CodedError(
      "LEDGER_BROKEN",
      `Entry ${head.seq + 1} was expected, and ${entry.seq} stands there: entries are missing, doubled or moved.`,
    );
  }
  if (entry.prev !== head.hash) {
    throw new CodedError(
      "LEDGER_BROKEN",
      `Entry ${entry.seq} does not follow from the one before it: one of the two was changed.`,
    );
  }
  if (sha256(hashedBytes(entry)) !== entry.hash) {
    throw new CodedError("LEDGER_BROKEN", `Entry ${entry.seq} was changed: its content does not have its hash.`);
  }
}

/** Counts the notes that are gone; a note that is there must be the one that was hashed. */
function checkNotes(entry: Entry): number {
  const hashes = entry.noteHashes ?? {};
  const notes = entry.notes ?? {};
  for (const [name, { salt, text }] of Object.entries(notes)) {
    if (hashes[name] !== noteHash(salt, text)) {
      throw new CodedError(
        "LEDGER_BROKEN",
        `Entry ${entry.seq} was changed: its note "${name}" is not the one that was recorded.`,
      );
    }
  }
  return Object.keys(hashes).length - Object.keys(notes).length;
}
