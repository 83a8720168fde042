import { once } from "node:events";
import { Worker } from "node:worker_threads";
import type { Part, WholePart } from "./verify-part.ts";

/** Who checks parts of a ledger, several at once. */
export interface PartCheckers {
  /** How many parts are worth giving out before the first is waited for. */
  readonly width: number;
  /** What `verifyPart` finds. */
  readonly check: (part: Part) => Promise<WholePart | undefined>;
  readonly close: () => Promise<void>;
}

/** One that is in hand, and some to go on with while more is read. */
const PARTS_EACH = 4;

/**
 * Threads that check parts of a ledger. One that dies fails whoever waits for it.
 *
 * @param count - how many
 * @param script - what each runs
 */
export function partThreads(count: number, script = new URL("./part-thread.js", import.meta.url)): PartCheckers {
  const threads = Array.from({ length: count }, () => ({
    worker: new Worker(script),
    last: Promise.resolve<unknown>(undefined),
  }));
  return {
    width: count * PARTS_EACH,
    check: async (part) => {
      const thread = threads.shift();
      if (thread === undefined) throw new Error("there is no thread");
      threads.push(thread);
      const answer = thread.last.then(async () => {
        thread.worker.postMessage(part);
        const [found] = (await once(thread.worker, "message")) as [WholePart | undefined];
        return found;
      });
      thread.last = answer.catch(() => undefined);
      return await answer;
    },
    close: async () => {
      await Promise.all(threads.map(({ worker }) => worker.terminate()));
    },
  };
}
