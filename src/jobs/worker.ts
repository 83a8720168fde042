import { Worker, type ConnectionOptions } from "bullmq";
import { Turns } from "../app/turns.ts";
import type { Log } from "../log.ts";
import { JOB_PREFIX, jobSchema, type ACCESS, type ANNOUNCE, type Job, type Queues } from "./queues.ts";

/** A job whose worker died is handed to another after this: twice the check's period. */
const STALLED_CHECK_MS = 5_000;
const LOCK_MS = 10_000;

/**
 * Looks where jobs say, those of a queue in Redis and those that this process would put there itself. What goes wrong is logged
 * and left to the sweep: a failed job is never the end of anything, so it is neither kept nor retried.
 *
 * @param look - what to do with a request's id
 * @returns what ends it: no more work is taken, and what is in hand is finished, unless it is told to end at once
 */
export function startWorker(options: {
  readonly queue: typeof ACCESS | typeof ANNOUNCE;
  readonly queues: Queues;
  /** Of its own, and one that waits for Redis for ever. */
  readonly connection: ConnectionOptions;
  /** How many looks at once, of those that come from Redis and again of those that come from here. */
  readonly concurrency: number;
  readonly look: (id: string) => Promise<void>;
  readonly log: Log;
}): (atOnce?: boolean) => Promise<void> {
  const { queue, queues, connection, concurrency, look, log } = options;
  const failed = (id: string | undefined, error: unknown): void => {
    log.warn("a look failed; the sweep will look again", { queue, request: id, error });
  };
  const worker = new Worker<Job>(
    queue,
    async ({ data }) => {
      const { id } = jobSchema.parse(data);
      await look(id);
    },
    {
      connection,
      prefix: JOB_PREFIX,
      concurrency,
      lockDuration: LOCK_MS,
      stalledInterval: STALLED_CHECK_MS,
      removeOnComplete: { count: 0 },
      removeOnFail: { count: 0 },
    },
  );
  worker.on("failed", (job, error) => {
    failed(job?.data.id, error);
  });
  worker.on("error", (error) => {
    log.debug("worker", { queue, error });
  });
  const turns = new Turns(concurrency);
  const inHand = new Set<Promise<void>>();
  const lookNoMore = queues.lookHere(queue, (id) => {
    const looking = turns
      .take(queue, () => look(id))
      .catch((error: unknown) => {
        failed(id, error);
      })
      .finally(() => inHand.delete(looking));
    inHand.add(looking);
  });
  return async (atOnce = false) => {
    lookNoMore();
    await worker.close(atOnce);
    if (!atOnce) await Promise.all(inHand);
  };
}
