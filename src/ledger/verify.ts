import type { OldHead } from "./old-heads.ts";
import type { Verification } from "./verification.ts";
import { Verified } from "./verified.ts";

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
  const broken = Symbol.asyncIterator in lines ? await sofar.take(lines) : sofar.takeNow(lines);
  return sofar.end(broken);
}
