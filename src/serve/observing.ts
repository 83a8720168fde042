import { randomBytes } from "node:crypto";
import { Observe } from "../app/observe.ts";
import { Recordings } from "../recording/recordings.ts";
import type { Foundation } from "./foundation.ts";

/**
 * What a process needs in which something is run: the recordings that it writes, and what enters them into the ledger. The files'
 * names have a mark of this start, so that two processes never write into one.
 *
 * @param isLive - whether anything may still be run under a request's grant
 */
export function observing(
  { config, ledger, queues, now, log }: Foundation,
  isLive: (request: string) => boolean,
): { recordings: Recordings; observe: Observe } {
  const recordings = new Recordings(config.dataDir, randomBytes(4).toString("hex"), now);
  const recorded = (id: string) => {
    queues.announce(id);
  };
  return { recordings, observe: new Observe({ ledger, recordings, isLive, recorded, now, log }) };
}
