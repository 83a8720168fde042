import { createHash } from "node:crypto";
import { closeSync, fdatasync, fstatSync, fsyncSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { promisify } from "node:util";
import type { Recorder, Source, StatementBegun, StatementEnded } from "../domain/activity.ts";
import { recordedBegun, recordedEnded, type Begun, type KnownTexts, type Recorded } from "../domain/recorded.ts";
import { CodedError } from "../errors.ts";

/** What is written under one grant, by one process. */
export interface RecordingOf {
  readonly request: string;
  readonly target: string;
  readonly by: Source;
  /** Columns whose values are masked. */
  readonly mask: readonly string[];
}

/** How far a recording has come: so many bytes, whose SHA-256 this is. */
export interface Position {
  readonly size: number;
  readonly sha256: string;
}

/** So large may one become, in bytes: a session that writes more ends, before it fills the disk that the mirror stands on. */
const SIZE_MAX = 2 * 1024 ** 3;
/** Statements whose end isn't known; with more than so many, the oldest are given up. */
const OPEN_MAX = 10_000;

const flush = promisify(fdatasync);

/**
 * An append-only file of what was run under one grant, one JSON object a line. Each line is with the operating system when `begin`
 * or `end` returns, so that it outlives the process; on the disk it is after {@link flushed}.
 */
export class Recording implements Recorder {
  readonly of: RecordingOf;
  /** The file's own name. */
  readonly name: string;
  readonly #fd: number;
  readonly #hash = createHash("sha256");
  readonly #sizeMax: number;
  readonly #open = new Map<number, Pick<Begun, "n" | "at" | "does" | "masked">>();
  #size = 0;
  #count = 0;
  #changed: { readonly since: number; readonly last: number } | undefined;
  #mask: readonly string[];
  readonly #known: KnownTexts = new Map();
  #isClosed = false;
  #isTouched = false;
  readonly #now: () => number;

  /**
   * Makes the file.
   *
   * @param path - where there is none yet
   * @param now - epoch milliseconds
   * @throws `RECORDING_UNWRITABLE`
   */
  constructor(path: string, of: RecordingOf, now: () => number, sizeMax = SIZE_MAX) {
    this.of = of;
    this.#mask = of.mask;
    this.name = path.slice(dirname(path).length + 1);
    this.#now = now;
    this.#sizeMax = sizeMax;
    try {
      this.#fd = openSync(path, "ax", 0o600);
    } catch (cause) {
      throw unwritable(cause);
    }
    try {
      this.#append({ v: 1, request: of.request, target: of.target, by: of.by, startedAt: now() });
      fsyncSync(this.#fd);
      flushFolder(dirname(path));
    } catch (cause) {
      closeSync(this.#fd);
      throw unwritable(cause);
    }
    // Nothing was run yet.
    this.#changed = undefined;
  }

  begin(statement: StatementBegun): number {
    const n = this.#count + 1;
    const line = recordedBegun(n, statement, this.#mask, this.#known);
    this.#append(line);
    this.#count = n;
    this.#open.set(n, { n, at: line.at, does: line.does, ...(line.masked && { masked: line.masked }) });
    const [oldest] = this.#open.keys();
    if (this.#open.size > OPEN_MAX && oldest !== undefined) this.#open.delete(oldest);
    return n;
  }

  end(number: number, ended: StatementEnded): void {
    const begun = this.#open.get(number);
    if (begun === undefined) return;
    this.#append(recordedEnded(begun, ended));
    this.#open.delete(number);
  }

  /** From here on these columns' values are masked too. */
  alsoMask(columns: readonly string[]): void {
    this.#mask = [...new Set([...this.#mask, ...columns])];
  }

  /** Whether somebody removed the file, or changed its size: it takes nothing more. */
  get isTouched(): boolean {
    return this.#isTouched;
  }

  /** How many statements began. */
  get statements(): number {
    return this.#count;
  }

  /** When what isn't settled yet began to be written, and when the last of it was; undefined when there is nothing. Epoch milliseconds. */
  get changed(): { readonly since: number; readonly last: number } | undefined {
    return this.#changed;
  }

  /**
   * Waits until what is written by now is on the disk.
   *
   * @throws `RECORDING_UNWRITABLE`
   */
  async flushed(): Promise<Position> {
    const position = { size: this.#size, sha256: this.#hash.copy().digest("hex") };
    try {
      await flush(this.#fd);
    } catch (cause) {
      throw unwritable(cause);
    }
    return position;
  }

  /** What was written up to there is told elsewhere, and needs no further look. */
  settle({ size }: Pick<Position, "size">): void {
    if (this.#size === size) this.#changed = undefined;
    else if (this.#changed !== undefined) this.#changed = { ...this.#changed, since: this.#changed.last };
  }

  /** Gives the file back. Whoever writes after that is refused. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
  }

  #append(record: Recorded): void {
    const bytes = Buffer.from(`${JSON.stringify(record)}\n`, "utf8");
    if (this.#size + bytes.length > this.#sizeMax) throw unwritable(new Error("it has become too large"));
    // Its number may be another file's by now.
    if (this.#isClosed) throw unwritable(new Error("it is closed"));
    this.#refuseTouched();
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done);
    } catch (cause) {
      try {
        // A full disk takes half a line, and the next one must not be written behind it.
        ftruncateSync(this.#fd, this.#size);
      } catch {
        // Then the next look at the size finds it.
      }
      throw unwritable(cause);
    }
    this.#hash.update(bytes);
    this.#size += bytes.length;
    const at = this.#now();
    this.#changed = { since: this.#changed?.since ?? at, last: at };
  }

  /** What is written into a file that somebody removed, or shortened, is recorded nowhere. */
  #refuseTouched(): void {
    const { nlink, size } = fstatSync(this.#fd);
    this.#isTouched = nlink === 0 || size !== this.#size;
    if (nlink === 0) throw unwritable(new Error("somebody removed the file"));
    if (size !== this.#size) throw unwritable(new Error(`it should have ${this.#size} bytes, and has ${size}`));
  }
}

/** A new name in a folder outlives a power cut only with this. */
function flushFolder(path: string): void {
  const fd = openSync(path, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

function unwritable(cause: unknown): CodedError {
  if (cause instanceof CodedError) return cause;
  return new CodedError("RECORDING_UNWRITABLE", "What is run can't be recorded.", {
    next: "Without a recording there is no access: free the disk under DATA_DIR, and connect again.",
    cause,
  });
}
