import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "../errors.ts";
import { Recording, type RecordingOf } from "./recording.ts";

/** Where a process's recordings are. */
export function recordingsPath(dataDir: string): string {
  return join(dataDir, "recordings");
}

/** The recordings that this process writes: one file for each grant, in a folder of its own. */
export class Recordings {
  readonly folder: string;
  readonly #mark: string;
  readonly #now: () => number;
  readonly #open = new Map<string, Recording>();
  #made = 0;

  /**
   * @param dataDir - the process's own
   * @param mark - tells this process's files from those of others, of one before too: letters and digits
   * @param now - epoch milliseconds
   */
  constructor(dataDir: string, mark: string, now: () => number) {
    this.folder = recordingsPath(dataDir);
    this.#mark = mark;
    this.#now = now;
  }

  /**
   * Where what is run under a grant is written; every session of a grant shares it.
   *
   * @throws `RECORDING_UNWRITABLE`
   */
  of(grant: RecordingOf): Recording {
    const key = `${grant.request} ${grant.by}`;
    const open = this.#open.get(key);
    if (open !== undefined && !open.isTouched) {
      // The policy may name more columns by now.
      open.alsoMask(grant.mask);
      return open;
    }
    // What is left of it stays as it is: the ledger tells what is missing.
    open?.close();
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    } catch (cause) {
      throw new CodedError("RECORDING_UNWRITABLE", `The folder ${this.folder} can't be made.`, {
        next: "Check DATA_DIR: it must be writable.",
        cause,
      });
    }
    this.#made += 1;
    const path = join(this.folder, `${grant.request}.${this.#mark}-${this.#made}.ndjson`);
    const made = new Recording(path, grant, this.#now);
    this.#open.set(key, made);
    return made;
  }

  /** Those that are being written. */
  get open(): readonly Recording[] {
    return [...this.#open.values()];
  }

  /**
   * Closes the files of grants that are over, once all that is in them was told.
   *
   * @param live - the requests under whose grants something may still be run
   */
  closeOver(live: { readonly has: (request: string) => boolean }): void {
    for (const [key, recording] of this.#open) {
      const isDone = recording.changed === undefined || recording.isTouched;
      if (!isDone || live.has(recording.of.request)) continue;
      this.#open.delete(key);
      recording.close();
    }
  }

  close(): void {
    for (const recording of this.#open.values()) recording.close();
    this.#open.clear();
  }
}
