import { join } from "node:path";
import type { DomainEvent } from "../domain/events.ts";
import type { Begun, Ended, Recorded } from "../domain/recorded.ts";
import {
  checkRecording,
  findRecordings,
  isRecordingName,
  readRecording,
  type Checked,
} from "../recording/read-recording.ts";
import type { Position } from "../recording/recording.ts";
import { recordingsPath } from "../recording/recordings.ts";

/** A statement with what became of it, and of which recording. */
export interface Ran extends Begun {
  readonly file: string;
  readonly ended?: Ended;
}

/** The recordings of a request, on this machine and in the ledger. */
export interface OfRequest {
  /** Those that are here, by name. */
  readonly names: readonly string[];
  /** What is wrong with each that the ledger names, if anything. */
  readonly checked: readonly Checked[];
}

/** Every position that entries name, by file. */
export function positionsIn(events: readonly DomainEvent[]): Map<string, Position[]> {
  const found = new Map<string, Position[]>();
  for (const event of events) {
    if (event.type !== "CommandsObserved") continue;
    const { file, size, sha256 } = event.data.recording;
    found.set(file, [...(found.get(file) ?? []), { size, sha256 }]);
  }
  return found;
}

/**
 * Finds a request's recordings in `DATA_DIR`, and holds each against what the ledger says of it.
 *
 * @param events - the request's
 */
export async function recordingsOf(dataDir: string, id: string, events: readonly DomainEvent[]): Promise<OfRequest> {
  const folder = recordingsPath(dataDir);
  const said = positionsIn(events);
  const found = await findRecordings(folder, id);
  const checked: Checked[] = [];
  for (const [name, positions] of said) checked.push(await checkRecording(folder, name, positions));
  return { names: found.map(({ name }) => name), checked };
}

/**
 * The statements of recordings, in the order in which they began, each with its end. Two lines of a session may be far apart: what
 * waits for its end is kept, and nothing else.
 */
export async function* ranIn(dataDir: string, names: readonly string[]): AsyncGenerator<Ran> {
  const readers = names.filter(isRecordingName).map((file) => ranOf(dataDir, file));
  const heads = await Promise.all(readers.map(async (reader) => ({ reader, next: await reader.next() })));
  for (;;) {
    const [first] = heads
      .filter(({ next }) => next.done !== true)
      .toSorted((one, other) => at(one.next) - at(other.next));
    if (first === undefined || first.next.done === true) return;
    yield first.next.value;
    first.next = await first.reader.next();
  }
}

function at(next: IteratorResult<Ran, unknown>): number {
  return next.done === true ? Infinity : next.value.at;
}

/** So many statements wait for an end at most; what runs that long is shown without one. */
const WAITING_MAX = 500;

async function* ranOf(dataDir: string, file: string): AsyncGenerator<Ran, undefined> {
  const waiting: { ran: Ran; isWhole: boolean }[] = [];
  for await (const line of readRecording(recordingsPath(dataDir), file)) {
    take(waiting, file, line);
    for (
      let first = waiting[0];
      first !== undefined && (first.isWhole || waiting.length > WAITING_MAX);
      first = waiting[0]
    ) {
      yield first.ran;
      waiting.shift();
    }
  }
  for (const { ran } of waiting) yield ran;
  return undefined;
}

function take(waiting: { ran: Ran; isWhole: boolean }[], file: string, line: Recorded): void {
  if ("n" in line) waiting.push({ ran: { ...line, file }, isWhole: false });
  if (!("end" in line)) return;
  const found = waiting.find(({ ran }) => ran.n === line.end);
  if (found === undefined) return;
  found.ran = { ...found.ran, ended: line };
  found.isWhole = true;
}

/** Where a recording is, for whoever wants to read it with other tools. */
export function pathOf(dataDir: string, file: string): string {
  return join(recordingsPath(dataDir), file);
}
