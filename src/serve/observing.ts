import { randomBytes } from "node:crypto";
import { Anomalies } from "../app/anomalies.ts";
import { readRules } from "../app/anomaly-rules.ts";
import { Observe } from "../app/observe.ts";
import type { Recorder } from "../domain/activity.ts";
import type { RequestState } from "../domain/request.ts";
import { Recordings } from "../recording/recordings.ts";
import type { Foundation } from "./foundation.ts";

/** What a process needs in which something is run. */
export interface Observing {
  /** Where what is run under a request through the gateway is recorded. @throws `RECORDING_UNWRITABLE` */
  readonly recorderOf: (request: RequestState) => Recorder;
  readonly recordings: Recordings;
  readonly observe: Observe;
  readonly anomalies: Anomalies;
}

/** Every statement names this column: so of each one no value is written down. */
const EVERY_COLUMN = [""];

/**
 * The recordings that a process writes, and what enters them into the ledger. The files' names have a mark of this start, so that two
 * processes never write into one.
 *
 * @param withAccess - the requests under whose grants something may be run
 * @throws `ANOMALY_RULES_INVALID`
 */
export async function observing(
  { config, ledger, queues, policies, now, log }: Foundation,
  withAccess: () => readonly Pick<RequestState, "id">[],
): Promise<Observing> {
  const rules = await readRules(config.anomalyRules);
  const recordings = new Recordings(config.dataDir, randomBytes(4).toString("hex"), now);
  const recorded = (id: string, ends: boolean) => {
    queues.announce(id);
    if (ends) queues.wake(id);
  };
  const anomalies = new Anomalies({ rules, ledger, withAccess, recorded, now, log });
  const live = () => new Set(withAccess().map(({ id }) => id));
  const watch = (state: RequestState) => anomalies.watch(state);
  const observe = new Observe({ ledger, recordings, live, watch, recorded, now, log });
  const recorderOf = ({ id, target }: RequestState) => {
    // Which columns are masked isn't known any more when the target was taken out of the policy.
    const known = policies.current.targets[target];
    const mask = known === undefined ? EVERY_COLUMN : (known.gateway?.mask ?? []);
    return recordings.of({ request: id, target, by: "gateway", mask });
  };
  return { recorderOf, recordings, observe, anomalies };
}
