import { Cluster, type Command } from "ioredis";

/** What ioredis lets a Cluster ask while it isn't ready: how the Cluster is, by which it becomes so. */
const ABOUT_ITSELF = "cluster";

type Stream = Parameters<Cluster["sendCommand"]>[1];

/**
 * A connection to a Cluster on which every command is answered in time or fails. ioredis keeps commands for as long as there
 * is no Cluster, and would send them whenever there is one again, long after whoever asked was told that it failed.
 */
export class FailFastCluster extends Cluster {
  #limitMs: number | undefined;
  #mayWait = true;

  /** From now on every command fails after this time. */
  limit(ms: number): void {
    this.#limitMs = ms;
  }

  /** From now on no command waits for a Cluster that isn't there. */
  settle(): void {
    this.#mayWait = false;
  }

  override sendCommand(command: Command, stream?: Stream, node?: unknown): unknown {
    if (!this.#mayWait && this.status !== "ready" && command.name !== ABOUT_ITSELF) {
      command.reject(new Error("The Cluster can't be reached"));
      return command.promise;
    }
    if (this.#limitMs !== undefined) command.setTimeout(this.#limitMs);
    return super.sendCommand(command, stream, node);
  }
}
