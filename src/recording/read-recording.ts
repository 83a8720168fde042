import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { readRecorded, type Recorded } from "../domain/recorded.ts";
import type { Position } from "./recording.ts";

const NAME = /^(BG-[0-9A-HJKMNP-TV-Z]{6})\.([0-9a-z]+-\d+)\.ndjson$/;
const NEWLINE = 0x0a;

/** A recording in a folder, by its name. */
export interface Found {
  readonly name: string;
  readonly request: string;
}

/** The recordings in a folder, those of one request if it is given; none where there is no folder. */
export async function findRecordings(folder: string, request?: string): Promise<Found[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  });
  return names
    .toSorted((one, other) => one.localeCompare(other))
    .map((name) => ({ name, request: NAME.exec(name)?.[1] ?? "" }))
    .filter((found) => (request === undefined ? found.request !== "" : found.request === request));
}

/** A name from the ledger is a name of ours, and no way out of the folder. */
export function isRecordingName(name: string): boolean {
  return NAME.test(name);
}

/**
 * The lines of a recording, one after the other. A last one that isn't whole is left out: it was being written when something broke.
 *
 * @param range - bytes; `to` is not read
 * @throws what the file system throws
 */
export async function* readRecording(
  folder: string,
  name: string,
  { from = 0, to = Infinity }: { readonly from?: number; readonly to?: number } = {},
): AsyncGenerator<Recorded> {
  for await (const { line } of rawLines(join(folder, name), from, to)) {
    const read = readRecorded(line.toString("utf8"));
    if (read !== undefined) yield read;
  }
}

/** How far the whole lines of a recording go, and their SHA-256. */
export async function positionOf(folder: string, name: string): Promise<Position> {
  const hash = createHash("sha256");
  let size = 0;
  for await (const { line } of rawLines(join(folder, name), 0, Infinity)) {
    hash.update(line).update("\n");
    size += line.length + 1;
  }
  return { size, sha256: hash.digest("hex") };
}

/** What became of a recording since the ledger named it: `problem` says what is wrong, in words. */
export interface Checked {
  readonly name: string;
  /** How many of the ledger's checkpoints of it hold. */
  readonly held: number;
  /** Bytes after the last checkpoint: recorded, and not told yet. */
  readonly unsaid: number;
  readonly problem?: string;
}

/**
 * Holds a recording against what the ledger says of it.
 *
 * @param said - every position that the ledger names, in any order
 */
export async function checkRecording(folder: string, name: string, said: readonly Position[]): Promise<Checked> {
  const path = join(folder, name);
  const size = await stat(path).then(
    (found) => found.size,
    () => undefined,
  );
  if (size === undefined || !isRecordingName(name))
    return { name, held: 0, unsaid: 0, problem: `${name} is not here: it was removed, or is on another machine` };
  const hash = createHash("sha256");
  let at = 0;
  let held = 0;
  const left = said.toSorted((one, other) => one.size - other.size);
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    let rest = chunk;
    for (let next = left[0]; next !== undefined && next.size <= at + rest.length; next = left[0]) {
      hash.update(rest.subarray(0, next.size - at));
      rest = rest.subarray(next.size - at);
      at = next.size;
      if (hash.copy().digest("hex") !== next.sha256) {
        const since = held === 0 ? "" : `; up to byte ${said.length === 0 ? 0 : heldTo(said, held)} it was not`;
        return { name, held, unsaid: 0, problem: `${name} was altered before byte ${next.size}${since}` };
      }
      held += 1;
      left.shift();
    }
    hash.update(rest);
    at += rest.length;
  }
  const [missing] = left;
  if (missing !== undefined)
    return {
      name,
      held,
      unsaid: 0,
      problem: `${name} was shortened: it ends at byte ${at}, and the ledger knows it up to ${left.at(-1)?.size ?? at}`,
    };
  return { name, held, unsaid: at - Math.max(0, ...said.map((each) => each.size)) };
}

function heldTo(said: readonly Position[], held: number): number {
  return said.toSorted((one, other) => one.size - other.size)[held - 1]?.size ?? 0;
}

async function* rawLines(path: string, from: number, to: number): AsyncGenerator<{ line: Buffer }> {
  let rest: Buffer[] = [];
  const chunks = createReadStream(path, { start: from, end: to - 1 }) as AsyncIterable<Buffer>;
  if (to <= from) return;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      yield { line: Buffer.concat([...rest, chunk.subarray(start, end)]) };
      rest = [];
      start = end + 1;
    }
    // What has no newline yet waits for one.
    if (start < chunk.length) rest.push(chunk.subarray(start));
  }
}
