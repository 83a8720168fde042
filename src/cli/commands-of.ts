import { setTimeout } from "node:timers/promises";
import { readConfig } from "../config.ts";
import { formatDuration } from "../domain/duration.ts";
import { plainLine } from "../domain/text.ts";
import { CodedError } from "../errors.ts";
import type { Loaded } from "../ledger/loaded.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { ranIn, recordingsOf, type OfRequest, type Ran } from "./recorded-lines.ts";
import { idOf, unknown } from "./requests.ts";
import { withLedger } from "./with-ledger.ts";

interface Opened {
  readonly id: string;
  readonly dataDir: string;
  readonly found: OfRequest;
  readonly loaded: Loaded;
}

/**
 * `breakglass show --commands`: what was run under a request, a line a statement, and whether the recordings are what the ledger says.
 *
 * @returns 1 when a recording was altered or is missing
 */
export async function showCommands(io: Io, typed: string, { json }: { readonly json: boolean }): Promise<ExitCode> {
  const { dataDir, found } = await open(io, typed);
  if (json) await showJson(io, dataDir, found);
  else await showTable(io, dataDir, found);
  return told(io, found);
}

/** Longer pauses are told, not waited for. */
const PAUSE_MAX_MS = 10_000;
/** Half a second of nothing is worth telling. */
const PAUSE_TOLD_MS = 500;

/**
 * `breakglass replay`: the statements one after the other, with the pauses that were between them.
 *
 * @param options - `speed`: how many times as fast; `pause`: waits so many milliseconds
 * @returns 1 when a recording was altered or is missing
 */
export async function replay(
  io: Io,
  typed: string,
  options: { readonly speed: string; readonly pause?: (ms: number) => Promise<unknown> },
): Promise<ExitCode> {
  const speed = Number(options.speed);
  if (!(speed > 0 && speed <= 1_000_000))
    throw new CodedError("BAD_USAGE", `--speed ${options.speed.slice(0, 20)} is not a speed.`, {
      next: "It is a number: 1 as it was, 10 ten times as fast.",
    });
  const { pause = setTimeout } = options;
  const { dataDir, found } = await open(io, typed);
  let before: number | undefined;
  for await (const ran of ranIn(dataDir, found.names)) {
    const waited = before === undefined ? 0 : Math.max(0, ran.at - before);
    if (waited >= PAUSE_TOLD_MS) io.result(`          … ${formatDuration(waited)}`);
    await pause(Math.min(waited, PAUSE_MAX_MS) / speed);
    for (const [index, line] of ran.sql.split(/\r\n|[\n\r\u2028\u2029]/).entries())
      io.result(`${index === 0 ? `${time(ran.at)}  ${session(ran)}> ` : "          "}${plainLine(line)}`);
    const bound = (ran.parameters ?? []).map(
      (value, nth) => `$${nth + 1} = ${value === null ? "NULL" : plainLine(value)}`,
    );
    if (bound.length > 0) io.result(`          ${bound.join(", ")}`);
    io.result(`          ${outcome(ran)}`);
    before = ran.at + (ran.ended?.ms ?? 0);
  }
  return told(io, found);
}

async function open(io: Io, typed: string): Promise<Opened> {
  const id = idOf(typed);
  const { dataDir } = readConfig(io.env);
  const loaded = await withLedger(io, (ledger) => ledger.load(id));
  if (loaded === undefined) throw unknown(id);
  return { id, dataDir, loaded, found: await recordingsOf(dataDir, id, loaded.events) };
}

/** What is wrong goes with the result's exit code, and to whoever looks. */
function told(io: Io, { names, checked }: OfRequest): ExitCode {
  const problems = checked.flatMap(({ problem }) => (problem === undefined ? [] : [problem]));
  for (const problem of problems) io.talk(`error: ${problem}`);
  if (problems.length > 0) return 1;
  if (names.length === 0) io.talk("nothing was recorded");
  else io.talk(`${checked.length === 0 ? "not in the ledger yet" : "as the ledger has it"}: ${names.join(", ")}`);
  return 0;
}

/** One statement a line, as they are read: a recording may be larger than fits into memory. */
async function showJson(io: Io, dataDir: string, { names, checked }: OfRequest): Promise<void> {
  io.result(`{"recordings": ${JSON.stringify(checked)}, "statements": [`);
  let before = "";
  for await (const { ended, ...ran } of ranIn(dataDir, names)) {
    const { ms, rows, bytes, command, error } = ended ?? {};
    const shown = { ...ran, at: new Date(ran.at).toISOString(), ms, rows, bytes, command, error };
    io.result(`${before}${JSON.stringify(shown)}`);
    before = ",";
  }
  io.result("]}");
}

async function showTable(io: Io, dataDir: string, { names }: OfRequest): Promise<void> {
  let isFirst = true;
  for await (const ran of ranIn(dataDir, names)) {
    if (isFirst) io.result(row(["TIME", "SESSION", "ROWS", "MS", "ERROR", "STATEMENT"]));
    isFirst = false;
    const { ms, rows, error } = ran.ended ?? {};
    const took = ms === undefined ? "…" : String(Math.round(ms));
    io.result(
      row([
        time(ran.at),
        session(ran),
        rows === undefined ? "" : String(rows),
        took,
        error?.code ?? "",
        plainLine(ran.sql),
      ]),
    );
  }
}

const WIDTHS = [8, 8, 8, 7, 6, 0];

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) =>
      index === 2 || index === 3 ? cell.padStart(WIDTHS[index] ?? 0) : cell.padEnd(WIDTHS[index] ?? 0),
    )
    .join("  ")
    .trimEnd();
}

function outcome({ ended, cutFrom }: Ran): string {
  const cut = cutFrom === undefined ? "" : ` (only the beginning of ${cutFrom} bytes was kept)`;
  if (ended === undefined) return `not known to have ended${cut}`;
  const { error, command, rows, ms } = ended;
  const what =
    error === undefined
      ? (command ?? "done")
      : `${error.code === "" ? "" : `refused (${error.code}): `}${plainLine(error.message)}`;
  const many = rows === undefined || (command ?? "").endsWith(String(rows)) ? "" : `, ${rows} rows`;
  return `${what}${many}, ${Math.round(ms)} ms${cut}`;
}

function time(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

function session({ session: name }: Ran): string {
  return plainLine(name).slice(0, 12);
}
