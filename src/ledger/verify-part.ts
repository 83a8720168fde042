import { parseEntry } from "./entry.ts";
import { linesOf } from "./lines.ts";
import type { Edge } from "./merkle.ts";
import { Verified, type Stretch } from "./verified.ts";

/** Some whole lines of a ledger, to be checked without those before them. */
export interface Part {
  readonly bytes: Uint8Array;
  /** How many entries stand before it. */
  readonly before: number;
  /** The sizes of the ledger at which somebody kept its head. */
  readonly sizes: readonly number[];
}

/** A part that holds by itself. */
export interface WholePart {
  /** The hash that its first entry names as the one before it. */
  readonly prev: string;
  readonly stretch: Stretch;
  /** How it was at the sizes that were asked for. */
  readonly marks: readonly { readonly edge: Edge; readonly hash: string }[];
}

const NEWLINE = 0x0a;

/**
 * Checks a part of a ledger by itself.
 *
 * @returns nothing where it doesn't hold: what is wrong with it is for whoever knows what stands before it to say
 */
export function verifyPart({ bytes, before, sizes }: Part): WholePart | undefined {
  const prev = prevOf(bytes);
  if (prev === undefined) return undefined;
  const part = new Verified([], { seq: before, hash: prev });
  const asked = new Set(sizes);
  const marks: WholePart["marks"][number][] = [];
  const broken = part.takeNow(linesOf(bytes), () => {
    if (asked.has(part.head.seq)) marks.push({ edge: part.edge, hash: part.head.hash });
  });
  return broken === undefined ? { prev, stretch: part.stretch, marks } : undefined;
}

function prevOf(bytes: Uint8Array): string | undefined {
  const end = bytes.indexOf(NEWLINE);
  try {
    return parseEntry(Buffer.from(end === -1 ? bytes : bytes.subarray(0, end)).toString("utf8")).prev;
  } catch {
    return undefined;
  }
}

/**
 * Cuts a file into parts of so many lines, the last of fewer.
 *
 * @param lines - a power of two, so that each part is a whole subtree
 */
export async function* partsOf(chunks: AsyncIterable<Uint8Array>, lines: number): AsyncGenerator<Buffer> {
  let held: Uint8Array[] = [];
  let count = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, end + 1)) {
      count += 1;
      if (count < lines) continue;
      yield Buffer.concat([...held, chunk.subarray(start, end + 1)]);
      [held, count, start] = [[], 0, end + 1];
    }
    held.push(chunk.subarray(start));
  }
  const rest = Buffer.concat(held);
  if (rest.length > 0) yield rest;
}
