import { CodedError } from "../errors.ts";
import { hashedText, noteHash, parseEntry, sha256, type Entry, type Head } from "./entry.ts";

/**
 * Checks one line as the entry after `head`.
 *
 * @returns the entry, the text that its hash covers, and how many of its notes were erased
 * @throws `ENTRY_INVALID`, `LEDGER_BROKEN`
 */
export function checkEntry(line: string, head: Head): { entry: Entry; hashed: string; erased: number } {
  const entry = parseEntry(line);
  return { entry, hashed: checkLink(entry, head, line), erased: checkNotes(entry) };
}

/**
 * Whether an entry is whole and follows `head`.
 *
 * @param line - what it was read from, where that is at hand
 * @returns the text that its hash covers: its leaf in the Merkle tree
 * @throws `LEDGER_BROKEN`, naming what is wrong
 */
export function checkLink(entry: Entry, head: Head, line?: string): string {
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
  const hashed = hashedText(entry, line);
  if (sha256(hashed) !== entry.hash) {
    throw new CodedError("LEDGER_BROKEN", `Entry ${entry.seq} was changed: its content does not have its hash.`);
  }
  return hashed;
}

/**
 * Counts the notes that are gone; a note that is there must be the one that was hashed.
 *
 * @throws `LEDGER_BROKEN`
 */
export function checkNotes(entry: Entry): number {
  const { noteHashes: hashes, notes = {} } = entry;
  if (hashes === undefined && entry.notes === undefined) return 0;
  for (const [name, { salt, text }] of Object.entries(notes)) {
    if (hashes?.[name] !== noteHash(salt, text) || !text.isWellFormed()) {
      throw new CodedError(
        "LEDGER_BROKEN",
        `Entry ${entry.seq} was changed: its note "${name}" is not the one that was recorded.`,
      );
    }
  }
  return Object.keys(hashes ?? {}).length - Object.keys(notes).length;
}
