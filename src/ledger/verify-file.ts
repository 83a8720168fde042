import { availableParallelism } from "node:os";
import { blocksOf, linesOf } from "./lines.ts";
import type { OldHead } from "./old-heads.ts";
import { partThreads, type PartCheckers } from "./part-threads.ts";
import { Verified } from "./verified.ts";
import { partsOf, type WholePart } from "./verify-part.ts";
import type { Verification } from "./verification.ts";

/** So much of a file is read at once, in bytes: threads wait for each read, and more at once is dear to get rid of. */
export const READ_BYTES = 262_144;

/** How a file is cut up, and who checks the parts. */
export interface Division {
  /** Lines a part, a power of two. */
  readonly lines: number;
  /** So many parts, one at least, are checked here before it is worth to have others at it. */
  readonly alone: number;
  readonly checkers: () => PartCheckers;
}

/** From so many on, reading the file and joining what was found is what takes the time. */
const MOST_THREADS = 8;

/** 16,384 entries take a tenth of a second; threads are ready in about as much. */
export const DIVISION: Division = {
  lines: 4_096,
  alone: availableParallelism() === 1 ? Infinity : 4,
  // Whoever gives the parts out has little else to do, so that each processor can have a thread.
  checkers: () => partThreads(Math.min(availableParallelism(), MOST_THREADS)),
};

/** What else is told of a file while it is verified. */
export interface Watch {
  /** What a line must hold. */
  readonly word: string;
  /** Told of the first line and of each with that word, in their order, once they are known to hold. */
  readonly see: (line: string) => void;
}

async function verifyAlone(
  sofar: Verified,
  file: AsyncIterable<Uint8Array>,
  watch: Watch | undefined,
): Promise<Verification> {
  let broken: Verification["broken"];
  for await (const block of blocksOf(file)) {
    broken = sofar.takeNow(linesOf(block), seer(sofar, watch));
    if (broken !== undefined) break;
  }
  return sofar.end(broken);
}

/** Shows a line that holds to whoever watches for such. */
function seer(sofar: Verified, watch: Watch | undefined): ((line: string) => void) | undefined {
  if (watch === undefined) return undefined;
  return (line) => {
    if (sofar.head.seq === 1 || line.includes(watch.word)) watch.see(line);
  };
}

/**
 * What `verify` finds in the lines of a file, in all its words, by several threads where it is long.
 *
 * @param file - its bytes, from the first
 * @param against - what people kept of it
 * @param options - `watch`: see {@link Watch}; `division`: see {@link Division}
 */
export async function verifyFile(
  file: AsyncIterable<Uint8Array>,
  against: readonly OldHead[] = [],
  { watch, division = DIVISION }: { watch?: Watch; division?: Division } = {},
): Promise<Verification> {
  const sofar = new Verified(against);
  if (division.alone === Infinity) return await verifyAlone(sofar, file, watch);
  const sizes = against.map(({ size }) => size).toSorted((a, b) => a - b);
  const see = seer(sofar, watch);
  let checkers: PartCheckers | undefined;
  const givenOut: { readonly bytes: Buffer; readonly found: Promise<WholePart | undefined> }[] = [];

  const takeFirst = async (): Promise<Verification["broken"]> => {
    const first = givenOut.shift();
    if (first === undefined) return undefined;
    const found = await first.found;
    // What doesn't hold, or doesn't follow, is looked at again from what stands before it: so it is told as ever.
    if (found?.prev !== sofar.head.hash) return sofar.takeNow(linesOf(first.bytes), see);
    for (const { edge, hash } of found.marks) sofar.seeWithin(edge, hash);
    sofar.join(found.stretch);
    if (watch !== undefined && first.bytes.includes(watch.word))
      for (const line of linesOf(first.bytes)) if (line.includes(watch.word)) watch.see(line);
    return undefined;
  };

  let broken: Verification["broken"];
  let parts = 0;
  try {
    for await (const bytes of partsOf(file, division.lines)) {
      const before = parts * division.lines;
      parts += 1;
      if (parts <= division.alone) broken = sofar.takeNow(linesOf(bytes), see);
      else {
        checkers ??= division.checkers();
        const within = sizes.filter((size) => size > before && size <= before + division.lines);
        const found = checkers.check({ bytes, before, sizes: within });
        found.catch(() => undefined); // whoever takes it hears of it, if it is taken at all
        givenOut.push({ bytes, found });
        if (givenOut.length >= checkers.width) broken = await takeFirst();
      }
      if (broken !== undefined) break;
    }
    while (broken === undefined && givenOut.length > 0) broken = await takeFirst();
  } finally {
    await checkers?.close();
  }
  return sofar.end(broken);
}
