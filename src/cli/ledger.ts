import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { KeyObject } from "node:crypto";
import { StepUpAudit } from "../app/step-up-audit.ts";
import { readConfig } from "../config.ts";
import { counted } from "../domain/text.ts";
import { CodedError } from "../errors.ts";
import { originOf, type SignedCheckpoint } from "../ledger/checkpoint.ts";
import { checkpointsPath } from "../ledger/checkpoints.ts";
import { parseEntry } from "../ledger/entry.ts";
import { loadLedgerKey, publicHalf } from "../ledger/ledger-key.ts";
import { linesIn, wholeBytes } from "../ledger/lines.ts";
import { mirrorPath } from "../ledger/mirror.ts";
import { parseVkey } from "../ledger/note.ts";
import { readOldHeads, type OldHead } from "../ledger/old-heads.ts";
import { TrustedKeys } from "../ledger/trusted-keys.ts";
import { verifyFile } from "../ledger/verify-file.ts";
import type { Verification } from "../ledger/verification.ts";
import { verify } from "../ledger/verify.ts";
import { recordingsPath } from "../recording/recordings.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { bytesIn, linesOf } from "./ledger-lines.ts";
import { RecordingsAudit } from "./recordings-audit.ts";

const A_LEDGER = "Name a ledger that was exported, or the mirror: DATA_DIR/ledger.jsonl";
const OLD_HEADS =
  "Name a checkpoint, DATA_DIR/checkpoints.jsonl, an older export, or a text with closing lines of threads: Ledger 1234 · ab12cd34";
const SILENCES = 5;
const KEY_CHANGED = '"LedgerKeyChanged"';

/** What is verified: a file by its bytes, what Redis has by its lines. */
type Source = { readonly bytes: AsyncIterable<Uint8Array> } | { readonly lines: AsyncIterable<string> };

/** What `ledger verify` is asked. */
export interface VerifyOptions {
  readonly file?: string | undefined;
  /** A file of old heads. */
  readonly against?: string | undefined;
  /** Public keys that are known to be right, as `doctor` prints them. */
  readonly keys: readonly string[];
  /** Whether the proofs with keys are checked again too. */
  readonly stepUp: boolean;
  /** Whether the recordings in `DATA_DIR` are held against it too. */
  readonly recordings: boolean;
  readonly json: boolean;
}

/** What is known to be right beside the lines themselves. */
interface Evidence {
  readonly heads: readonly OldHead[];
  readonly checkpoints: readonly SignedCheckpoint[];
  readonly keys: TrustedKeys;
  /** Whether any key is known. */
  readonly hasKeys: boolean;
  readonly own: KeyObject | undefined;
  readonly stepUp: boolean;
  /** Where recordings are that are held against it. */
  readonly recordings: string | undefined;
}

interface Found extends Verification {
  /** What the line stands in, where that is not what was asked for by name. */
  readonly of?: string;
  /** How many checkpoints bear the right signature, and the first that doesn't. */
  readonly signatures?: { readonly checked: number; readonly problem?: string };
  /** How many confirmations with a key hold, and the first thing that doesn't. */
  readonly stepUp?: { readonly checked: number; readonly problem?: string };
  /** How many recordings hold, and the first thing that doesn't. */
  readonly recordings?: { readonly checked: number; readonly problem?: string };
}

/**
 * `breakglass ledger verify`: checks every entry of a file, of standard input (`-`), or of the running service; and holds old
 * heads against it: those of `--against`, and for the running service the checkpoints beside its mirror.
 *
 * @returns 1 when something doesn't hold; it says which, and what is wrong with it
 * @throws `LEDGER_UNAVAILABLE` when there is none; `LEDGER_EMPTY` when there is nothing in it
 */
export async function verifyLedger(io: Io, options: VerifyOptions): Promise<ExitCode> {
  const { file } = options;
  const evidence = await gather(io, options);
  const found =
    file === undefined
      ? await verifyRunning(io, evidence)
      : await check({ bytes: await bytesIn(file, A_LEDGER) }, evidence);
  const { head, broken } = found;
  // An export that came to nothing must not pass for a ledger that holds.
  if (head.seq === 0 && broken === undefined) {
    throw new CodedError("LEDGER_EMPTY", "There is no entry to check.", {
      next: "Did the export before it fail? A ledger has an entry from the first start on.",
    });
  }
  const problem = problemOf(found);
  if (options.json) io.result(JSON.stringify({ ok: problem === undefined, ...found }, null, 2));
  else if (problem !== undefined) io.result(problem);
  else sayItHolds(io, found, evidence);
  return problem === undefined ? 0 : 1;
}

async function gather(io: Io, { file, against, keys: typed, stepUp, recordings }: VerifyOptions): Promise<Evidence> {
  const { dataDir, ledgerKeyFile } = readConfig(io.env);
  const beside = checkpointsPath(dataDir);
  const paths = [against, file === undefined && existsSync(beside) ? beside : undefined];
  const read = await Promise.all(
    paths
      .filter((path) => path !== undefined)
      .map(async (path) => {
        const found = readOldHeads(await readText(path));
        // Beside a mirror there is none before the first one was signed, or where the disk was full then.
        if (found.heads.length === 0 && path === against)
          throw new CodedError("BAD_USAGE", `${path} holds no old head of a ledger.`, { next: OLD_HEADS });
        return { ...found, heads: found.heads.map((head) => ({ ...head, from: `${path}, ${head.from}` })) };
      }),
  );
  const keys = new TrustedKeys();
  for (const text of typed) {
    const key = parseVkey(text);
    if (key === undefined)
      throw new CodedError("BAD_USAGE", `"${text.slice(0, 80)}" is not a ledger's public key.`, {
        next: "It reads like breakglass/0123456789abcdef+89abcdef+AbC…; breakglass ledger key prints it.",
      });
    keys.trust(key);
  }
  const own =
    typed.length === 0 && existsSync(ledgerKeyFile) ? publicHalf(await loadLedgerKey(ledgerKeyFile)) : undefined;
  return {
    heads: read.flatMap(({ heads }) => heads),
    checkpoints: read.flatMap(({ checkpoints }) => checkpoints),
    ...{ keys, own, hasKeys: typed.length > 0 || own !== undefined, stepUp },
    recordings: recordings ? recordingsPath(dataDir) : undefined,
  };
}

async function check(source: Source, evidence: Evidence): Promise<Found> {
  const { heads, checkpoints, keys, own, hasKeys } = evidence;
  let origin: string | undefined;
  let problem: string | undefined;
  const see = (line: string): void => {
    if (origin === undefined) {
      origin = originOf(parseEntry(line).hash);
      if (own !== undefined) keys.trustOwn(origin, own);
    }
    if (line.includes(KEY_CHANGED)) problem ??= keys.see(parseEntry(line));
  };
  const found =
    "bytes" in source && !evidence.stepUp && evidence.recordings === undefined
      ? await verifyFile(source.bytes, heads, { watch: { word: KEY_CHANGED, see } })
      : await verifyLines("bytes" in source ? linesIn(source.bytes) : source.lines, evidence, see);
  if (checkpoints.length === 0 || !hasKeys)
    return problem === undefined ? found : { ...found, signatures: { checked: 0, problem } };
  const stranger = checkpoints.find((each) => each.origin !== origin);
  problem ??= stranger && `the checkpoint of entry ${stranger.size} is of another ledger, ${stranger.origin}`;
  problem ??= checkpoints.map((each) => keys.problemOf(each)).find((each) => each !== undefined);
  return { ...found, signatures: { checked: checkpoints.length, ...(problem !== undefined && { problem }) } };
}

async function verifyLines(
  lines: AsyncIterable<string>,
  { heads, stepUp, recordings }: Evidence,
  see: (line: string) => void,
): Promise<Found> {
  const audit = stepUp ? new StepUpAudit() : undefined;
  const said = recordings === undefined ? undefined : new RecordingsAudit(recordings);
  async function* watched(): AsyncGenerator<string> {
    for await (const line of lines) {
      yield line;
      // Whoever takes the next line found this one whole.
      see(line);
      await audit?.see(parseEntry(line));
      said?.see(line);
    }
  }
  const found = await verify(watched(), heads);
  return {
    ...found,
    ...(audit !== undefined && { stepUp: audit.found }),
    ...(said !== undefined && { recordings: await said.found() }),
  };
}

/** Redis holds the ledger, and the mirror a copy, if it is on this machine: both have to hold. */
async function verifyRunning(io: Io, evidence: Evidence): Promise<Found> {
  // A file is verified without the library for Redis.
  const { withLedger } = await import("./with-ledger.ts");
  return await withLedger(io, async (ledger, { dataDir }) => {
    const chain = await check({ lines: linesOf(ledger) }, evidence);
    const mirror = mirrorPath(dataDir);
    if (problemOf(chain) !== undefined || !existsSync(mirror)) return chain;
    const copied = await check({ bytes: wholeBytes(await bytesIn(mirror, A_LEDGER)) }, evidence);
    return problemOf(copied) === undefined ? chain : { ...copied, of: ` of the mirror ${mirror}` };
  });
}

function problemOf({ head, broken, held, signatures, stepUp, recordings, of = "" }: Found): string | undefined {
  if (broken !== undefined) {
    const sound = head.seq === 0 ? "" : ` Up to entry ${head.seq} it does.`;
    return `line ${broken.line}${of} does not hold: ${broken.problem}${sound}`;
  }
  if (held?.problem !== undefined) return held.problem;
  return signatures?.problem ?? stepUp?.problem ?? recordings?.problem;
}

function sayItHolds(
  io: Io,
  { head, erased, held, signatures, stepUp, recordings, silences }: Found,
  { checkpoints }: Evidence,
): void {
  const gone = erased === 0 ? "" : `, ${counted(erased, "note")} erased`;
  io.result(`the ledger holds: ${counted(head.seq, "entry", "entries")}${gone}, head ${head.hash}`);
  if (held !== undefined)
    io.result(
      `${counted(held.held, "old head")} of it ${held.held === 1 ? "holds" : "hold"}, up to entry ${held.upTo}`,
    );
  if (signatures !== undefined) io.result(`${counted(signatures.checked, "checkpoint")} signed by a known key`);
  else if (checkpoints.length > 0)
    io.talk("hint: no signature was checked: name the ledger's public key with --key, or set LEDGER_KEY_FILE");
  if (stepUp !== undefined)
    io.result(`${counted(stepUp.checked, "confirmation")} with a key, and none missing that the policy asked for`);
  if (recordings !== undefined)
    io.result(`${counted(recordings.checked, "recording")} of what was run, each as the ledger has it`);
  for (const { after, from, to } of silences.slice(0, SILENCES))
    io.result(`silent from ${from} to ${to}, after entry ${after}: nothing ran, or nothing could be recorded`);
  if (silences.length > SILENCES) io.result(`and ${silences.length - SILENCES} silences more (--json has all)`);
}

async function readText(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw new CodedError("BAD_USAGE", `${path} can't be read.`, { next: OLD_HEADS, cause });
  });
}
