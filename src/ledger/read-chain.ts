import { CodedError } from "../errors.ts";
import { EMPTY, GENESIS, parseEntry, type Head } from "./entry.ts";
import { MerkleEdge } from "./merkle.ts";
import { OpenRequests } from "./open-requests.ts";
import { checkLink } from "./check-entry.ts";

/** What the lines of a ledger come to. */
export interface ChainRead {
  readonly head: Head;
  /** What is open after them. */
  readonly open: OpenRequests;
  readonly tree: MerkleEdge;
  /** The first entry's hash; zeros where there is none. */
  readonly first: string;
  /** When the newest entry was recorded, epoch milliseconds. */
  readonly newestAt: number;
  /** Why it was read no further. */
  readonly broken?: CodedError;
}

/** Reads a ledger, up to its end or to the first line that doesn't hold. */
export async function readChain(lines: AsyncIterable<string>): Promise<ChainRead> {
  let head = EMPTY;
  let first = GENESIS;
  let newestAt = -Infinity;
  let broken: CodedError | undefined;
  const open = new OpenRequests();
  const tree = new MerkleEdge();
  try {
    for await (const line of lines) {
      const entry = parseEntry(line);
      tree.add(checkLink(entry, head, line));
      if (head.seq === 0) first = entry.hash;
      head = { seq: entry.seq, hash: entry.hash };
      newestAt = Date.parse(entry.at);
      open.see(entry);
    }
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    broken = error;
  }
  return { head, open, tree, first, newestAt, ...(broken !== undefined && { broken }) };
}
