import { Queue, type ConnectionOptions } from "bullmq";
import { z } from "zod";
import { HASH_TAG } from "../connection.ts";
import type { Log } from "../log.ts";

/** Two queues, so that a chat outage can't delay a revoke. */
export const ACCESS = "access";
export const ANNOUNCE = "announce";

/** BullMQ's keys stand in the same slot of a cluster as the ledger's. */
export const JOB_PREFIX = `${HASH_TAG}:jobs`;

/** A job says where to look, never what to do. */
export const jobSchema = z.strictObject({ id: z.string() });
export type Job = z.output<typeof jobSchema>;
type QueueName = typeof ACCESS | typeof ANNOUNCE;

/**
 * The fast way to a worker. Nothing depends on it: what a lost job would have done, the next sweep does, so a failure here
 * is only logged.
 */
export class Queues {
  readonly #access: Queue<Job>;
  readonly #announce: Queue<Job>;
  readonly #here = new Map<string, (id: string) => void>();
  readonly #log: Log;

  /** @param connection - that fails fast rather than waits */
  constructor(connection: ConnectionOptions, log: Log) {
    const options = {
      connection,
      prefix: JOB_PREFIX,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    };
    this.#access = new Queue<Job>(ACCESS, options);
    this.#announce = new Queue<Job>(ANNOUNCE, options);
    this.#log = log;
    for (const queue of [this.#access, this.#announce]) {
      queue.on("error", (error) => {
        log.debug("queue", { error });
      });
    }
  }

  /**
   * Tells of a worker in this process: what is woken here goes to it at once, and not the long way through Redis. A job that is
   * for later, or for a worker elsewhere, goes that way. Whatever this process loses when it dies, the sweep finds.
   *
   * @param look - never fails
   * @returns what ends that
   */
  lookHere(queue: QueueName, look: (id: string) => void): () => void {
    this.#here.set(queue, look);
    return () => this.#here.delete(queue);
  }

  /** "Look at this request", on both queues, now. */
  wake(id: string): void {
    this.#now(this.#access, id);
    this.announce(id);
  }

  /** The same for chat alone: whoever recorded something goes on with the rest by themselves. */
  announce(id: string): void {
    this.#now(this.#announce, id);
  }

  /** "Look at this request" at a moment. The id debounces: one job for each request and moment. */
  wakeAt(id: string, at: number, now: number): void {
    this.#add(this.#access, id, { delay: Math.max(0, at - now), jobId: `${id}.${at}` });
  }

  async close(): Promise<void> {
    await Promise.allSettled([this.#access.close(), this.#announce.close()]);
  }

  #now(queue: Queue<Job>, id: string): void {
    const look = this.#here.get(queue.name);
    if (look === undefined) this.#add(queue, id);
    else look(id);
  }

  #add(queue: Queue<Job>, id: string, options: { delay?: number; jobId?: string } = {}): void {
    queue.add("look", { id }, options).catch((error: unknown) => {
      this.#log.warn("a request could not be queued; the sweep will find it", { request: id, error });
    });
  }
}
