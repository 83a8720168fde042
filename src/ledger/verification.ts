import type { Head } from "./entry.ts";
import type { Held } from "./old-heads.ts";

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
