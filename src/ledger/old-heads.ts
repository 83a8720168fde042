import { parseCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { GENESIS, hashedText, noteHash, parseEntry, sha256, type Entry } from "./entry.ts";
import type { MerkleEdge } from "./merkle.ts";

/** What somebody kept of a ledger: where it ended once, and by which hash. */
export interface OldHead {
  /** How many entries there were. */
  readonly size: number;
  /** The Merkle root over them, or the beginning of the newest entry's hash. */
  readonly root?: Buffer;
  readonly hash?: string;
  /** What it was read from: `line 3`. */
  readonly from: string;
  /** It is a copy of an entry, and what it says is not what its hash is of. */
  readonly isAltered?: true;
}

/** What a ledger turned out to be by old heads. */
export interface Held {
  /** How many of them are heads of it still. */
  readonly held: number;
  /** The newest entry that is vouched for so. */
  readonly upTo: number;
  /** The first that isn't, and where it was rewritten. */
  readonly problem?: string;
}

/** The closing line of a thread, and whatever people copied of it: `Ledger 1234 · ab12cd34`. Exports write the dot as JSON and HTML may. */
const THREAD_LINE = /\bLedger (\d{1,15}) (?:·|\\u00[bB]7|&middot;|&#183;|&#x[bB]7;) ([0-9a-f]{8,64})\b/g;

/**
 * Every old head in a text: a checkpoint, the file of them beside a mirror, an older export, or a thread as it was copied or
 * exported.
 *
 * @returns the heads, and the checkpoints among them, whose signatures are another matter
 */
export function readOldHeads(text: string): { heads: OldHead[]; checkpoints: SignedCheckpoint[] } {
  const checkpoint = parseCheckpoint(text);
  if (checkpoint !== undefined) return { heads: [headOf(checkpoint, "the checkpoint")], checkpoints: [checkpoint] };
  const heads: OldHead[] = [];
  const checkpoints: SignedCheckpoint[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const from = `line ${index + 1}`;
    const { entry, checkpoint: kept } = lineOf(line);
    if (entry !== undefined)
      heads.push({ size: entry.seq, hash: entry.hash, from, ...(!isWhole(entry) && { isAltered: true }) });
    else if (kept !== undefined) {
      heads.push(headOf(kept, from));
      checkpoints.push(kept);
    } else for (const [, size, hash = ""] of line.matchAll(THREAD_LINE)) heads.push({ size: Number(size), hash, from });
  }
  return { heads, checkpoints };
}

/** Holds old heads against a ledger while it is read. */
export class OldHeads {
  readonly #bySize = new Map<number, OldHead[]>();
  #held = 0;
  #upTo = 0;
  #problem: string | undefined;
  readonly #altered: OldHead | undefined;

  constructor(heads: readonly OldHead[]) {
    this.#altered = heads.find(({ isAltered }) => isAltered);
    for (const head of heads) this.#bySize.set(head.size, [...(this.#bySize.get(head.size) ?? []), head]);
  }

  /** Takes the ledger as it is after a further entry. */
  see(tree: MerkleEdge, hash: string): void {
    for (const head of this.#bySize.get(tree.size) ?? []) {
      const same = head.root === undefined ? hash.startsWith(head.hash ?? GENESIS) : tree.root.equals(head.root);
      if (same && this.#problem === undefined) this.#upTo = tree.size;
      if (same) this.#held += 1;
      else {
        const since = this.#upTo === 0 ? "at or before" : `after entry ${this.#upTo} and up to`;
        this.#problem ??= `${head.from} is another history: the ledger was rewritten ${since} entry ${tree.size}.`;
      }
    }
  }

  /** What came of it, when the ledger has ended with so many entries. */
  end(size: number): Held {
    const beyond = [...this.#bySize.values()].flat().find((head) => head.size > size || head.size < 1);
    const problem =
      this.#problem ??
      (beyond &&
        `${beyond.from} is of entry ${beyond.size}, and the ledger ends at ${size}: what came after is missing.`) ??
      (this.#altered &&
        `${this.#altered.from} says something else than entry ${this.#altered.size} of its hash: that copy was altered.`);
    return { held: this.#held, upTo: this.#upTo, ...(problem !== undefined && { problem }) };
  }
}

function headOf({ size, root }: SignedCheckpoint, from: string): OldHead {
  return { size, root, from };
}

/** Whether a copy of an entry says what its hash is of. A note that was erased is no alteration. */
function isWhole(entry: Entry): boolean {
  const notes = Object.entries(entry.notes ?? {});
  return (
    sha256(hashedText(entry)) === entry.hash &&
    notes.every(([name, { salt, text }]) => entry.noteHashes?.[name] === noteHash(salt, text))
  );
}

/** A line of an export, or of the file of checkpoints; nothing for any other. */
function lineOf(line: string): { entry?: Entry; checkpoint?: SignedCheckpoint } {
  if (!line.startsWith("{")) return {};
  try {
    const json: unknown = JSON.parse(line);
    if (typeof json === "object" && json !== null && "checkpoint" in json && typeof json.checkpoint === "string") {
      const checkpoint = parseCheckpoint(json.checkpoint);
      return checkpoint === undefined ? {} : { checkpoint };
    }
    return { entry: parseEntry(line) };
  } catch {
    return {};
  }
}
