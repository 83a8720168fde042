import type { Head } from "./entry.ts";
import type { Held, OldHead } from "./old-heads.ts";
import { Verified } from "./verified.ts";

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
  const sofar = new Verified(against);
  const broken = await sofar.take(lines);
  return sofar.end(broken);
}
