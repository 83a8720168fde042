import { CodedError } from "../errors.ts";
import type { Health } from "./provider.ts";

/**
 * Runs a check. A target that can't be reached or says no is an answer, not an exception.
 *
 * @param signal - the caller's; when it aborted, there is no answer and the error is thrown on
 * @param look - finds the problems, each a sentence that says what to do
 */
export async function healthOf(signal: AbortSignal, look: () => Promise<readonly string[]>): Promise<Health> {
  try {
    const problems = await look();
    return { ok: problems.length === 0, problems };
  } catch (thrown) {
    if (signal.aborted || !(thrown instanceof CodedError)) throw thrown;
    return { ok: false, problems: [`${thrown.message} ${thrown.next}`.trim()] };
  }
}
