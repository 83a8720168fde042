import { CodedError, type Code } from "../errors.ts";
import { EMPTY, hashedText, noteHash, parseEntry, sha256, type Entry, type Head } from "./entry.ts";
import { MerkleEdge } from "./merkle.ts";
import { OldHeads, type Held, type OldHead } from "./old-heads.ts";

/** A stretch without an entry that is longer than two heartbeats are apart: nothing ran, or nothing could be recorded. */
export interface Silence {
  /** The entry before it. */
  readonly after: number;
  readonly from: string;
  readonly to: string;
}

/** What a ledger turned out to be. */
export interface Verification {
  /** The last entry that holds. */
  readonly head: Head;
  /** The Merkle root over all that holds, base64. */
  readonly root: string;
  /** Notes that were erased on request; the chain holds without them. */
  readonly erased: number;
  readonly silences: readonly Silence[];
  /** What old heads say of it, where there are some. */
  readonly held?: Held;
  /** The first line that doesn't hold, and what is wrong with it. */
  readonly broken?: { readonly line: number; readonly problem: string };
}

/** What is wrong with a line; whatever else goes wrong while it is read says nothing about it. */
const WRONG: readonly Code[] = ["ENTRY_INVALID", "LEDGER_BROKEN"];

/** Heartbeats are an hour apart; a worker may be restarted between two. */
const SILENCE_MS = 65 * 60_000;

/**
 * Checks an exported ledger, line by line: each entry's form, its hash, its link to the one before, and its notes.
 * It trusts nothing but the lines, and stops at the first that is wrong.
 *
 * @param lines - one JSON entry each, from the first
 * @param against - what people kept of it
 */
export async function verify(
  lines: AsyncIterable<string> | Iterable<string>,
  against: readonly OldHead[] = [],
): Promise<Verification> {
  const oldHeads = new OldHeads(against);
  const tree = new MerkleEdge();
  const silences: Silence[] = [];
  let head: Head = EMPTY;
  let last: { readonly at: string; readonly ms: number } | undefined;
  let erased = 0;
  let line = 1;
  let broken: Verification["broken"];
  try {
    for await (const text of lines) {
      const { entry, hashed, erased: gone } = checkEntry(text, head);
      erased += gone;
      const now = { at: entry.at, ms: Date.parse(entry.at) };
      if (last !== undefined && now.ms - last.ms > SILENCE_MS)
        silences.push({ after: head.seq, from: last.at, to: now.at });
      last = now;
      head = { seq: entry.seq, hash: entry.hash };
      tree.add(hashed);
      oldHeads.see(tree, entry.hash);
      line += 1;
    }
  } catch (error) {
    if (!(error instanceof CodedError) || !WRONG.includes(error.code)) throw error;
    broken = { line, problem: error.message };
  }
  return {
    ...{ head, root: tree.root.toString("base64"), erased, silences },
    ...(against.length > 0 && { held: oldHeads.end(head.seq) }),
    ...(broken !== undefined && { broken }),
  };
}

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

/** Counts the notes that are gone; a note that is there must be the one that was hashed. */
function checkNotes(entry: Entry): number {
  const { noteHashes: hashes, notes = {} } = entry;
  if (hashes === undefined && entry.notes === undefined) return 0;
  for (const [name, { salt, text }] of Object.entries(notes)) {
    if (hashes?.[name] !== noteHash(salt, text)) {
      throw new CodedError(
        "LEDGER_BROKEN",
        `Entry ${entry.seq} was changed: its note "${name}" is not the one that was recorded.`,
      );
    }
  }
  return Object.keys(hashes ?? {}).length - Object.keys(notes).length;
}
