import { open, readFile, type FileHandle } from "node:fs/promises";
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { CodedError } from "../errors.ts";
import { EMPTY, parseEntry, type Head } from "./entry.ts";
import type { Ledger } from "./ledger.ts";
import { checkLink } from "./verify.ts";

const PAGE = 500;

/**
 * The copy of the ledger outside Redis: an append-only file of its entries, one a line, flushed to disk. No side effect
 * happens before its entry is here.
 */
export class Mirror {
  readonly #file: FileHandle;
  readonly #ledger: Ledger;
  #head: Head;
  /** Bytes of whole lines. */
  #size: number;
  #catchingUp: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  private constructor(file: FileHandle, size: number, ledger: Ledger, head: Head) {
    this.#file = file;
    this.#ledger = ledger;
    this.#head = head;
    this.#size = size;
  }

  /**
   * Opens the file, or makes it, and checks what is in it.
   *
   * @throws `MIRROR_UNWRITABLE`; `LEDGER_BROKEN` with the line that doesn't hold
   */
  static async open(path: string, ledger: Ledger): Promise<Mirror> {
    const file = await open(path, "a", 0o600).catch((cause: unknown) => {
      throw new CodedError("MIRROR_UNWRITABLE", `The mirror ${path} can't be opened for writing.`, {
        next: "Check DATA_DIR: it must exist and be writable.",
        cause,
      });
    });
    try {
      const size = await dropTornTail(file, path);
      return new Mirror(file, size, ledger, await readHead(path));
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** The newest entry that is on disk here. */
  get head(): Head {
    return this.#head;
  }

  /**
   * Waits until an entry is in the mirror.
   *
   * @param seq - its sequence number
   * @throws `LEDGER_UNAVAILABLE`, `LEDGER_FORK`, `MIRROR_UNWRITABLE`
   */
  async has(seq: number): Promise<void> {
    // A number that is here already may be another entry's, if Redis was emptied and began anew.
    if (this.#head.seq >= seq) await this.#refuseShrunk();
    while (this.#head.seq < seq) {
      const before = this.#head.seq;
      await this.catchUp();
      if (this.#head.seq === before) {
        throw new CodedError("LEDGER_FORK", `Redis lost entry ${seq}: it ends at ${before}.`, {
          next: "Nothing is granted until the ledger is whole again.",
        });
      }
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
        await this.#refuseShrunk();
        return;
      }
      let head = this.#head;
      for (const line of lines) {
        const entry = parseEntry(line);
        try {
          checkLink(entry, head);
        } catch (cause) {
          throw new CodedError("LEDGER_FORK", `Redis and the mirror disagree from entry ${head.seq + 1} on.`, {
            next: "Nothing is granted until a person has looked: compare with breakglass ledger verify.",
            cause,
          });
        }
        head = { seq: entry.seq, hash: entry.hash };
      }
      await this.#write(`${lines.join("\n")}\n`);
      this.#head = head;
      if (lines.length < PAGE) return;
    }
  }

  /** Redis never ends before the mirror, unless it lost what it had acknowledged. */
  async #refuseShrunk(): Promise<void> {
    const { seq } = this.#head;
    const { seq: end } = await this.#ledger.head();
    if (end >= seq) return;
    throw new CodedError("LEDGER_FORK", `Redis lost entries: it ends at ${end}, and the mirror at ${seq}.`, {
      next: "Nothing is granted until a person has looked: see docs/errors.md#ledger_fork.",
    });
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
async function dropTornTail(file: FileHandle, path: string): Promise<number> {
  const content = await readFile(path);
  const end = content.lastIndexOf(0x0a) + 1;
  if (end < content.length) await file.truncate(end);
  return end;
}

async function readHead(path: string): Promise<Head> {
  let head = EMPTY;
  for await (const line of createInterface({ input: createReadStream(path), crlfDelay: Infinity })) {
    const entry = parseEntry(line);
    checkLink(entry, head);
    head = { seq: entry.seq, hash: entry.hash };
  }
  return head;
}
