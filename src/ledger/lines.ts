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
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of chunks) {
    // What has no newline yet waits for one.
    const bytes = rest.length === 0 ? Buffer.from(chunk) : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      yield textOf(bytes.subarray(start, end));
      start = end + 1;
    }
    rest = bytes.subarray(start);
  }
  if (rest.length > 0) yield textOf(rest);
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
