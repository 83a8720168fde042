import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { readConfig } from "../config.ts";
import { CodedError } from "../errors.ts";
import { newestCheckpoint } from "../ledger/checkpoints.ts";
import { parseCheckpoint } from "../ledger/checkpoint.ts";
import { parseEntry, type Entry } from "../ledger/entry.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { linesIn as split, wholeLines } from "../ledger/lines.ts";
import { leafHash, rootOf } from "../ledger/merkle.ts";
import { mirrorPath } from "../ledger/mirror.ts";
import { READ_BYTES } from "../ledger/verify-file.ts";
import { checkLink } from "../ledger/check-entry.ts";
import type { Io } from "./io.ts";

const PAGE = 1_000;

/** Every entry of a running ledger, as the line it is exported as. */
export async function* linesOf(ledger: Ledger): AsyncGenerator<string> {
  for (let from = 1; ;) {
    const lines = await ledger.range(from, PAGE);
    yield* lines;
    if (lines.length < PAGE) return;
    from += lines.length;
  }
}

/**
 * The lines of a file, or of standard input (`-`).
 *
 * @param next - what would be right to name
 * @throws `BAD_USAGE`
 */
export async function linesIn(file: string, next: string): Promise<AsyncIterable<string>> {
  return split(await bytesIn(file, next));
}

/** The same, not yet cut into lines. */
export async function bytesIn(file: string, next: string): Promise<AsyncIterable<Uint8Array>> {
  if (file === "-") return process.stdin as AsyncIterable<Uint8Array>;
  const unreadable = (cause?: unknown) => new CodedError("BAD_USAGE", `${file} can't be read.`, { next, cause });
  const opened = await open(file).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  if ((await opened.stat()).isDirectory()) {
    await opened.close();
    throw unreadable();
  }
  return opened.createReadStream({ highWaterMark: READ_BYTES }) as AsyncIterable<Uint8Array>;
}

/** The entries that the newest checkpoint speaks of, from the mirror beside it. */
export interface Checkpointed {
  /** As it was signed. */
  readonly checkpoint: string;
  readonly entries: readonly { readonly entry: Entry; readonly bytes: Buffer; readonly leaf: Buffer }[];
}

/**
 * Reads the newest checkpoint of a `DATA_DIR` and what it speaks of, and holds one against the other.
 *
 * @throws `LEDGER_EMPTY` when there is none; `LEDGER_BROKEN` when they differ
 */
export async function readCheckpointed(io: Io): Promise<Checkpointed> {
  const { dataDir } = readConfig(io.env);
  const mirror = mirrorPath(dataDir);
  const signed = await newestCheckpoint(dataDir);
  const checkpoint = signed === undefined ? undefined : parseCheckpoint(signed);
  if (signed === undefined || checkpoint === undefined || !existsSync(mirror)) {
    throw new CodedError("LEDGER_EMPTY", `There is no checkpoint in ${dataDir}.`, {
      next: "Is this the DATA_DIR of a worker? It writes one within a minute of its start.",
    });
  }
  const entries: Checkpointed["entries"][number][] = [];
  let head = { seq: 0, hash: "0".repeat(64) };
  for await (const line of wholeLines(await linesIn(mirror, ""))) {
    if (entries.length === checkpoint.size) break;
    const entry = parseEntry(line);
    const bytes = Buffer.from(checkLink(entry, head, line), "utf8");
    head = { seq: entry.seq, hash: entry.hash };
    entries.push({ entry, bytes, leaf: leafHash(bytes) });
  }
  if (!rootOf(entries.map(({ leaf }) => leaf)).equals(checkpoint.root)) {
    throw new CodedError("LEDGER_BROKEN", `The mirror is not what its checkpoint of entry ${checkpoint.size} says.`, {
      next: "breakglass ledger verify tells where they part.",
    });
  }
  return { checkpoint: signed, entries };
}
