import { setTimeout } from "node:timers/promises";
import { Worker, type ConnectionOptions } from "bullmq";
import type { Log } from "../log.ts";
import { JOB_PREFIX, jobSchema, type Job } from "./queues.ts";

/** A job whose worker died is handed to another after this: twice the check's period. */
const STALLED_CHECK_MS = 5_000;
const LOCK_MS = 10_000;
/** How long it is waited for what a worker that ends has in hand. */
const LAST_LOOKS_MS = 3_000;

/** A worker that runs. */
export interface JobWorker {
  /** Takes no more jobs, and waits for those in hand; but not for a Redis that doesn't answer. */
  close(): Promise<void>;
}

/**
 * Takes jobs from a queue and looks where they say. What goes wrong is logged and left to the sweep: a failed job is
 * never the end of anything, so it is neither kept nor retried.
 *
 * @param look - what to do with a request's id
 */
export function startWorker(options: {
  readonly queue: string;
  /** Of its own, and one that waits for Redis for ever. */
  readonly connection: ConnectionOptions;
  readonly concurrency: number;
  readonly look: (id: string) => Promise<void>;
  readonly log: Log;
}): JobWorker {
  const { queue, connection, concurrency, look, log } = options;
  let inHand = 0;
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
  worker.on("active", () => {
    inHand += 1;
  });
  worker.on("completed", () => {
    inHand -= 1;
  });
  worker.on("failed", (job, error) => {
    inHand -= 1;
    log.warn("a look failed; the sweep will look again", { queue, request: job?.data.id, error });
  });
  worker.on("error", (error) => {
    log.debug("worker", { queue, error });
  });
  return {
    close: async () => {
      await worker.pause(true);
      const end = performance.now() + LAST_LOOKS_MS;
      while (inHand > 0 && performance.now() < end) await setTimeout(10);
      // Without force BullMQ would wait for ever for a Redis that is away. What is not handed back by now is handed to another
      // worker when its lock runs out, and the look would come without it too.
      await worker.close(true);
    },
  };
}
