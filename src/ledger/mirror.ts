import { open, type FileHandle } from "node:fs/promises";
import { createReadStream, existsSync } from "node:fs";
import { join } from "node:path";
import type { RequestState } from "../domain/request.ts";
import { CodedError } from "../errors.ts";
import { EMPTY, GENESIS, parseEntry, type Entry, type Head } from "./entry.ts";
import { notWhole } from "./append-queue.ts";
import { linesIn, wholeLines } from "./lines.ts";
import type { MerkleEdge } from "./merkle.ts";
import type { Ledger } from "./ledger.ts";
import { readChain, type ChainRead } from "./read-chain.ts";
import type { OpenRequests } from "./open-requests.ts";
import { checkLink } from "./check-entry.ts";

const PAGE = 500;
/** Longer than an entry's line may be. */
const TAIL = 262_144;

/** Where a process's mirror stands. */
export function mirrorPath(dataDir: string): string {
  return join(dataDir, "ledger.jsonl");
}

/**
 * What a mirror says, whether or not a worker is at it. A last line that isn't whole is left out.
 *
 * @throws `LEDGER_EMPTY` where there is none
 */
export async function readMirror(dataDir: string): Promise<ChainRead> {
  const path = mirrorPath(dataDir);
  if (existsSync(path)) return await readChain(wholeLines(linesOf(path)));
  throw new CodedError("LEDGER_EMPTY", `There is no mirror ${path}.`, {
    next: "Is this the DATA_DIR of a worker, and the machine it ran on?",
  });
}

/** Redis and the mirror can't be one chain. */
export class Fork extends CodedError {
  /** The first entry that they disagree about. */
  readonly seq: number;

  constructor(seq: number, cause?: unknown) {
    super("LEDGER_FORK", `Redis and the mirror disagree about entry ${seq}.`, {
      next: "Nothing is granted until a person has looked: see docs/errors.md#ledger_fork.",
      cause,
    });
    this.seq = seq;
  }
}

/**
 * The copy of the ledger outside Redis: an append-only file of its entries, one a line, flushed to disk. No side effect
 * happens before its entry is here.
 */
export class Mirror {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #ledger: Ledger;
  readonly #open: OpenRequests;
  /** Over the entries on disk here. */
  readonly #tree: MerkleEdge;
  #first: string;
  #newestAt: number;
  #head: Head;
  /** Bytes of whole lines. */
  #size: number;
  /** The first entry that Redis holds another one for. */
  #forkedAt: number | undefined;
  #catchingUp: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(path: string, file: FileHandle, size: number, ledger: Ledger, read: ChainRead) {
    this.#path = path;
    this.#file = file;
    this.#ledger = ledger;
    this.#head = read.head;
    this.#tree = read.tree;
    this.#first = read.first;
    this.#newestAt = read.newestAt;
    this.#open = read.open;
    this.#size = size;
  }

  /**
   * Opens the file, or makes it, and checks what is in it.
   *
   * @throws `MIRROR_UNWRITABLE`; `LEDGER_BROKEN` with the line that doesn't hold
   */
  static async open(path: string, ledger: Ledger): Promise<Mirror> {
    const file = await open(path, "a+", 0o600).catch((cause: unknown) => {
      throw new CodedError("MIRROR_UNWRITABLE", `The mirror ${path} can't be opened for writing.`, {
        next: "Check DATA_DIR: it must exist and be writable.",
        cause,
      });
    });
    try {
      const size = await dropTornTail(file);
      const read = await readChain(linesOf(path));
      if (read.broken !== undefined) throw read.broken;
      return new Mirror(path, file, size, ledger, read);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The newest entry that is on disk here. */
  get head(): Head {
    return this.#head;
  }

  /** The Merkle tree over what is on disk here. */
  get tree(): Pick<MerkleEdge, "size" | "root"> {
    return this.#tree;
  }

  /** The first entry's hash, which no other ledger has; zeros while there is none. */
  get firstHash(): string {
    return this.#first;
  }

  /** When the newest entry was recorded, epoch milliseconds. */
  get newestAt(): number {
    return this.#newestAt;
  }

  /** The requests that may have access by what is on disk here: whatever this process gave is among them. */
  get withAccess(): readonly RequestState[] {
    return this.#open.withAccess;
  }

  /**
   * Waits until an entry is in the mirror.
   *
   * @param seq - its sequence number
   * @throws `LEDGER_UNAVAILABLE` (also when Redis lost entries), `LEDGER_FORK`, `MIRROR_UNWRITABLE`
   */
  async has(seq: number): Promise<void> {
    // A number that is here already may be another entry's, if Redis was rolled back and went on from there.
    // Whether what is further follows from what is here, copying it tells.
    if (this.#head.seq >= seq && (await this.#goesOn())) await this.catchUp();
    while (this.#head.seq < seq) {
      const before = this.#head.seq;
      await this.catchUp();
      if (this.#head.seq === before) throw lossOf(seq, { seq: before });
    }
  }

  /**
   * Copies what the ledger has and the mirror doesn't. Who comes while a copy runs may want an entry that came after it
   * began: they all share the next one.
   *
   * @throws as {@link has}
   */
  async catchUp(): Promise<void> {
    const running = this.#catchingUp;
    if (running === undefined) {
      this.#catchingUp = this.#copy().finally(() => (this.#catchingUp = undefined));
      await this.#catchingUp;
      return;
    }
    const begin = (): Promise<void> => {
      this.#next = undefined;
      return this.catchUp();
    };
    this.#next ??= running.then(begin, begin);
    await this.#next;
  }

  /**
   * How many entries are here that a Redis which ends with `head` doesn't have.
   *
   * @throws `LEDGER_FORK` when `head` is not one of ours
   */
  async lostAfter(head: Head): Promise<number> {
    const lost = this.#head.seq - head.seq;
    if (lost < 0) return 0;
    const own = lost === 0 ? this.#head : await this.#headAt(head.seq);
    if (own.hash !== head.hash) throw await this.#fork();
    return lost;
  }

  /** The entries on disk here, in order. `from`: the first sequence number wanted */
  async *entries(from: number): AsyncGenerator<Entry> {
    const end = this.#size;
    if (end === 0) return;
    for await (const line of linesOf(this.#path, end)) {
      const entry = parseEntry(line);
      if (entry.seq >= from) yield entry;
    }
  }

  async #headAt(seq: number): Promise<Head> {
    if (seq === 0) return EMPTY;
    for await (const entry of this.entries(seq)) return { seq: entry.seq, hash: entry.hash };
    return EMPTY;
  }

  /** Closes the file. What was copied is on disk already. */
  async close(): Promise<void> {
    await this.#next?.catch(() => undefined);
    await this.#catchingUp?.catch(() => undefined);
    await this.#file.close();
  }

  async #copy(): Promise<void> {
    for (;;) {
      const lines = await this.#ledger.range(this.#head.seq + 1, PAGE);
      if (lines.length === 0) {
        if (await this.#goesOn()) continue;
        return;
      }
      let head = this.#head;
      const entries = lines.map(parseEntry);
      const leaves: string[] = [];
      for (const entry of entries) {
        try {
          leaves.push(checkLink(entry, head));
        } catch (cause) {
          throw await this.#fork(cause);
        }
        head = { seq: entry.seq, hash: entry.hash };
      }
      await this.#write(`${lines.join("\n")}\n`);
      if (this.#head.seq === 0) this.#first = entries[0]?.hash ?? GENESIS;
      this.#head = head;
      this.#newestAt = Date.parse(entries.at(-1)?.at ?? "");
      for (const leaf of leaves) this.#tree.add(leaf);
      for (const entry of entries) this.#open.see(entry);
      if (lines.length < PAGE) return;
    }
  }

  /**
   * Whether Redis has more than the mirror. It never ends before the mirror, unless it lost what it had acknowledged.
   *
   * @throws `LEDGER_UNAVAILABLE` when it did; `LEDGER_FORK`
   */
  async #goesOn(): Promise<boolean> {
    const end = await this.#ledger.head();
    if ((await this.lostAfter(end)) > 0) throw lossOf(this.#head.seq, end);
    return end.seq > this.#head.seq;
  }

  async #fork(cause?: unknown): Promise<Fork> {
    this.#forkedAt ??= await this.#firstDifference();
    return new Fork(this.#forkedAt, cause);
  }

  async #firstDifference(): Promise<number> {
    let page: string[] = [];
    for await (const { seq, hash } of this.entries(1)) {
      if (page.length === 0) page = await this.#ledger.range(seq, PAGE);
      const line = page.shift();
      if (line === undefined || parseEntry(line).hash !== hash) return seq;
    }
    return this.#head.seq + 1;
  }

  async #write(text: string): Promise<void> {
    try {
      await this.#file.appendFile(text);
      await this.#file.datasync();
      this.#size += Buffer.byteLength(text);
    } catch (cause) {
      // A full disk takes half a line, and the next one must not be written behind it.
      await this.#file.truncate(this.#size).catch(() => undefined);
      throw new CodedError("MIRROR_UNWRITABLE", "The mirror can't be written.", {
        next: "Free the disk under DATA_DIR.",
        cause,
      });
    }
  }
}

/** A crash in the middle of a write leaves half a line. No side effect waited on it, and Redis still has the entry. */
async function dropTornTail(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const chunk = Buffer.alloc(TAIL);
  let end = 0;
  // From the back: a mirror may be larger than fits into memory.
  for (let to = size; to > 0 && end === 0; to -= TAIL) {
    const from = Math.max(0, to - TAIL);
    const { bytesRead } = await file.read(chunk, 0, to - from, from);
    end = chunk.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
    if (end > 0) end += from;
  }
  if (end < size) await file.truncate(end);
  return end;
}

function linesOf(path: string, bytes = Infinity): AsyncIterable<string> {
  return linesIn(createReadStream(path, { end: bytes - 1 }));
}

/** What is missing is written again within seconds, by the worker's own look. */
function lossOf(seq: number, end: Pick<Head, "seq">): CodedError {
  return notWhole(`Redis lost entry ${seq}: it ends at ${end.seq}`);
}
