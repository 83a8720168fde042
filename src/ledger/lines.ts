import { isAscii } from "node:buffer";
import { CodedError } from "../errors.ts";

const NEWLINE = 0x0a;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * The lines of an export or of a mirror. Only a newline ends one: `node:readline` would also take U+2028, which a text may hold,
 * and a carriage return, which would be a changed byte that nobody notices.
 *
 * @throws `ENTRY_INVALID` for what is not UTF-8
 */
export async function* linesIn(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<string> {
  for await (const block of blocksOf(chunks)) for (const line of linesOf(block)) yield line;
}

/** Cuts bytes where lines end, and copies none of them but a line that begins in one chunk and ends in another. */
export async function* blocksOf(chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // What has no newline yet waits for one.
  let held: Uint8Array[] = [];
  for await (const chunk of chunks) {
    const first = held.length === 0 ? 0 : chunk.indexOf(NEWLINE) + 1;
    const end = chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0 && held.length > 0) {
      yield Buffer.concat([...held, chunk.subarray(0, first)]);
      held = [];
    }
    if (first < end) yield chunk.subarray(first, end);
    if (end < chunk.length) held.push(chunk.subarray(end));
  }
  if (held.length > 0) yield Buffer.concat(held);
}

/**
 * The same of bytes that are at hand, without waiting.
 *
 * @throws `ENTRY_INVALID` for what is not UTF-8
 */
export function* linesOf(block: Uint8Array): Generator<string> {
  const bytes = Buffer.from(block.buffer, block.byteOffset, block.length);
  // Nearly all of a ledger is ASCII, and then it is read at one go.
  const text = isAscii(bytes) ? bytes.toString("latin1") : undefined;
  let start = 0;
  for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
    yield text?.slice(start, end) ?? textOf(bytes.subarray(start, end));
    start = end + 1;
  }
  if (start < bytes.length) yield text?.slice(start) ?? textOf(bytes.subarray(start));
}

function textOf(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch (cause) {
    throw new CodedError("ENTRY_INVALID", "The line is not UTF-8.", { cause });
  }
}

/** The same as {@link wholeLines}, for bytes. */
export async function* wholeBytes(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let last = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const bytes = Buffer.concat([last, chunk]);
    const start = bytes.length < 2 ? 0 : bytes.lastIndexOf(NEWLINE, bytes.length - 2) + 1;
    if (start > 0) yield bytes.subarray(0, start);
    last = bytes.subarray(start);
  }
  if (/\}\n?$/.test(last.toString("latin1"))) yield last;
}

/** A last line that isn't whole is being written at this moment, or was when something broke; the mirror mends it. */
export async function* wholeLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let held: string | undefined;
  for await (const line of lines) {
    if (held !== undefined) yield held;
    held = line;
  }
  if (held?.endsWith("}") === true) yield held;
}
