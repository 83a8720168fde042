import { existsSync } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { counted } from "../domain/text.ts";
import { CodedError } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { verify, type Verification } from "../ledger/verify.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { withLedger } from "./with-ledger.ts";

const PAGE = 1_000;

/** `of`: what the line stands in, where that is not what was asked for by name. */
type Verified = Verification & { readonly of?: string };

/**
 * `breakglass ledger verify`: checks every entry of a file, of standard input (`-`), or of the running service.
 *
 * @returns 1 when a line doesn't hold; it says which, and what is wrong with it
 * @throws `LEDGER_UNAVAILABLE` when there is none; `LEDGER_EMPTY` when there is nothing in it
 */
export async function verifyLedger(
  io: Io,
  options: { readonly file?: string | undefined; readonly json: boolean },
): Promise<ExitCode> {
  const { file } = options;
  const found: Verified = file === undefined ? await verifyRunning(io) : await verify(await linesIn(file));
  const { head, erased, broken, of = "" } = found;
  // An export that came to nothing must not pass for a ledger that holds.
  if (head.seq === 0 && broken === undefined) {
    throw new CodedError("LEDGER_EMPTY", "There is no entry to check.", {
      next: "Did the export before it fail? A ledger has an entry from the first start on.",
    });
  }
  if (options.json) io.result(JSON.stringify({ ok: broken === undefined, ...found }, null, 2));
  else if (broken === undefined) {
    const gone = erased === 0 ? "" : `, ${counted(erased, "note")} erased`;
    io.result(`the ledger holds: ${counted(head.seq, "entry", "entries")}${gone}, head ${head.hash}`);
  } else {
    const sound = head.seq === 0 ? "" : ` Up to entry ${head.seq} it does.`;
    io.result(`line ${broken.line}${of} does not hold: ${broken.problem}${sound}`);
  }
  return broken === undefined ? 0 : 1;
}

/** Redis holds the ledger, and the mirror a copy, if it is on this machine: both have to hold. */
async function verifyRunning(io: Io): Promise<Verified> {
  return await withLedger(io, async (ledger, { dataDir }) => {
    const chain = await verify(linesOf(ledger));
    const mirror = join(dataDir, "ledger.jsonl");
    if (chain.broken !== undefined || !existsSync(mirror)) return chain;
    const copied = await verify(wholeLines(await linesIn(mirror)));
    return copied.broken === undefined ? chain : { ...copied, of: ` of the mirror ${mirror}` };
  });
}

/** A last line that isn't whole is being written at this moment, or was when something broke; the mirror mends it. */
async function* wholeLines(lines: AsyncIterable<string>): AsyncGenerator<string> {
  let held: string | undefined;
  for await (const line of lines) {
    if (held !== undefined) yield held;
    held = line;
  }
  if (held?.endsWith("}") === true) yield held;
}

/** `breakglass ledger export`: one JSON entry a line, from the first. */
export async function exportLedger(io: Io): Promise<ExitCode> {
  await withLedger(io, async (ledger) => {
    let count = 0;
    for await (const line of linesOf(ledger)) {
      io.result(line);
      count += 1;
      if (count % 50_000 === 0) io.talk(`${count} entries…`);
    }
    io.talk(counted(count, "entry", "entries"));
  });
  return 0;
}

async function* linesOf(ledger: Ledger): AsyncGenerator<string> {
  for (let from = 1; ;) {
    const lines = await ledger.range(from, PAGE);
    yield* lines;
    if (lines.length < PAGE) return;
    from += lines.length;
  }
}

async function linesIn(file: string): Promise<AsyncIterable<string>> {
  if (file === "-") return createInterface({ input: process.stdin, crlfDelay: Infinity });
  const unreadable = (cause?: unknown) =>
    new CodedError("BAD_USAGE", `${file} can't be read.`, {
      next: "Name a ledger that was exported, or the mirror: DATA_DIR/ledger.jsonl",
      cause,
    });
  const opened = await open(file).catch((cause: unknown) => {
    throw unreadable(cause);
  });
  if ((await opened.stat()).isDirectory()) {
    await opened.close();
    throw unreadable();
  }
  return createInterface({ input: opened.createReadStream(), crlfDelay: Infinity });
}
