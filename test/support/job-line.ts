import { ACCESS, Queues } from "../../src/jobs/queues.ts";
import { startWorker } from "../../src/jobs/worker.ts";
import { silent } from "../../src/log.ts";
import { connectRedis } from "../../src/redis/connect.ts";
import { endWithCopies } from "../../src/redis/end-with-copies.ts";
import { until } from "./until.ts";

/** A queue and a worker on a Redis of any kind, without a sweep behind them: only a job that arrives is looked at. */
export interface JobLine {
  /** Sends a job, and waits until it arrives. */
  carries(id: string): Promise<void>;
  stop(): Promise<void>;
}

export function jobLine(url: string): JobLine {
  const commands = connectRedis(url, { role: "commands", log: silent });
  const blocking = connectRedis(url, { role: "blocking", log: silent });
  const endBlocking = endWithCopies(blocking);
  const queues = new Queues(commands, silent);
  const seen: string[] = [];
  const look = (id: string) => {
    seen.push(id);
    return Promise.resolve();
  };
  const stopWorker = startWorker({ queue: ACCESS, queues, connection: blocking, concurrency: 1, look, log: silent });
  return {
    carries: async (id) => {
      await until(
        () => {
          // One that was sent while nobody took it is lost, as it is for the program.
          if (!seen.includes(id)) queues.wakeAt(id, Date.now() + 20, Date.now());
          return seen.includes(id) ? true : undefined;
        },
        `the job ${id}`,
        () => seen.join(),
      );
    },
    stop: async () => {
      await stopWorker();
      await queues.close();
      commands.disconnect();
      endBlocking();
    },
  };
}
