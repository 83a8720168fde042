import { z } from "zod";
import { parseDuration } from "../domain/duration.ts";

/** A timeout as a connection writes it: whole seconds, or `30s`. */
export const Timeout = z.union([
  z.int().min(1).max(3_600),
  z.string().refine(isDuration, "must be whole seconds, or a duration such as 30s"),
]);

/**
 * A {@link Timeout} in milliseconds.
 *
 * @param timeout - as written, if it was
 * @param standard - milliseconds when it wasn't
 */
export function timeoutMs(timeout: z.infer<typeof Timeout> | undefined, standard: number): number {
  if (timeout === undefined) return standard;
  return typeof timeout === "number" ? timeout * 1_000 : parseDuration(timeout);
}

function isDuration(text: string): boolean {
  try {
    return parseDuration(text) > 0;
  } catch {
    return false;
  }
}
