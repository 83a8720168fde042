import { readFile, writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { recordFacts, type Ran, type RecordFacts } from "../app/record-facts.ts";
import { Records } from "../app/records.ts";
import { readConfig } from "../config.ts";
import type { Activity, Source, StatementEnded } from "../domain/activity.ts";
import type { DomainEvent } from "../domain/events.ts";
import { CodedError } from "../errors.ts";
import { checkEntry } from "../ledger/check-entry.ts";
import { CheckpointPost } from "../ledger/checkpoint-post.ts";
import { EMPTY, eventsOf, type Entry } from "../ledger/entry.ts";
import { Inclusions } from "../ledger/inclusion.ts";
import { PEOPLES_KEYS, streamOf } from "../ledger/keys.ts";
import { recordPage } from "../web/record/record-page.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { linesIn } from "./ledger-lines.ts";
import { ranIn, recordingsOf, type Ran as Statement } from "./recorded-lines.ts";
import { policyNames } from "./policy-names.ts";
import { idOf, unknown } from "./requests.ts";
import { withLedger } from "./with-ledger.ts";

const A_LEDGER = "Name a ledger that was exported, or the mirror: DATA_DIR/ledger.jsonl";
const A_CHECKPOINT = "Name a checkpoint, as DATA_DIR/checkpoint is one";

/** What `breakglass record` is asked. */
export interface RecordOptions {
  /** The file to write; without it, the standard output. */
  readonly out?: string;
  /** A ledger's file, instead of the running service's: `-` for standard input. */
  readonly from?: string;
  /** The checkpoint to prove entries by, beside `from`. */
  readonly checkpoint?: string;
}

/**
 * `breakglass record`: all that the ledger has of a request, as one HTML file that needs nothing else.
 *
 * @throws `BAD_USAGE`, `REQUEST_UNKNOWN`, `LEDGER_UNAVAILABLE`; `LEDGER_BROKEN`, `ENTRY_INVALID` where a file doesn't hold
 */
export async function writeRecord(io: Io, typed: string, options: RecordOptions): Promise<ExitCode> {
  const { out, from, checkpoint } = options;
  const id = idOf(typed);
  const { name } = await policyNames(io);
  if (from === undefined && checkpoint !== undefined)
    throw new CodedError("BAD_USAGE", "--checkpoint belongs to a ledger's file.", { next: "Name that with --from" });
  const facts = from === undefined ? await ofService(io, id) : await ofFile(io, id, { from, checkpoint });
  if (facts === undefined) throw unknown(id);
  const page = recordPage(facts, name);
  if (facts.inclusion === undefined)
    io.talk("hint: no checkpoint was at hand, so it proves no place in the ledger: does a worker run?");
  if (out === undefined) {
    io.result(page.trimEnd());
    return 0;
  }
  await writeFile(out, page, { mode: 0o600 }).catch((cause: unknown) => {
    throw new CodedError("BAD_USAGE", `${out} can't be written.`, {
      next: "Name a file in a folder that is there.",
      cause,
    });
  });
  io.talk(`written: ${out}`);
  return 0;
}

async function ofService(io: Io, id: string): Promise<RecordFacts | undefined> {
  return await withLedger(io, async (ledger, { dataDir }, redis) => {
    const records = new Records({
      ledger,
      post: new CheckpointPost(redis),
      pause: (ms) => setTimeout(ms),
      ranOf: async (_id, events) => await ranUnder(dataDir, id, events),
    });
    return await records.of(id);
  });
}

/** From a file alone, so that whoever has a ledger and trusts nobody makes the record themselves. */
async function ofFile(
  io: Io,
  id: string,
  { from, checkpoint }: { readonly from: string; readonly checkpoint: string | undefined },
): Promise<RecordFacts | undefined> {
  const lines: string[] = [];
  const entries: Entry[] = [];
  const keys: Entry[] = [];
  let head = EMPTY;
  for await (const line of await linesIn(from, A_LEDGER)) {
    const { entry } = checkEntry(line, head);
    head = { seq: entry.seq, hash: entry.hash };
    lines.push(line);
    if (entry.request === id) entries.push(entry);
    else if (entry.request === undefined && streamOf(entry.type) === PEOPLES_KEYS) keys.push(entry);
  }
  const inclusions = new Inclusions((first, limit) => Promise.resolve(lines.slice(first - 1, first - 1 + limit)));
  const signed = checkpoint === undefined ? undefined : await readCheckpoint(checkpoint);
  const proved =
    signed === undefined
      ? undefined
      : await inclusions.prove(
          signed,
          entries.map(({ seq }) => seq),
        );
  if (signed !== undefined && proved === undefined)
    throw new CodedError("LEDGER_BROKEN", `${checkpoint ?? ""} is not a checkpoint of this ledger.`, {
      next: "breakglass ledger verify --against tells where they part",
    });
  const ran = await ranUnder(readConfig(io.env).dataDir, id, eventsOf(entries));
  return await recordFacts(id, { entries, keys, inclusion: proved, ran });
}

/** What the recordings of `DATA_DIR` have of a request; undefined where there are none. */
async function ranUnder(dataDir: string, id: string, events: readonly DomainEvent[]): Promise<Ran | undefined> {
  const { names, checked } = await recordingsOf(dataDir, id, events);
  if (names.length === 0) return undefined;
  const sources = new Map(
    events.flatMap((event): [string, Source][] =>
      event.type === "CommandsObserved" ? [[event.data.recording.file, event.data.by]] : [],
    ),
  );
  return { statements: activities(ranIn(dataDir, names), sources), recordings: checked };
}

/** Nothing but the gateway writes down what no entry tells of yet. */
async function* activities(
  ran: ReturnType<typeof ranIn>,
  sources: ReadonlyMap<string, Source>,
): AsyncGenerator<Activity> {
  for await (const { ended, cutFrom, parameters, ...begun } of ran) {
    const { at, session, from, sql, file } = begun;
    yield {
      ...{ at, session, from, sql, by: sources.get(file) ?? "gateway" },
      ...(cutFrom !== undefined && { cutFrom }),
      ...(parameters !== undefined && { parameters }),
      ...(ended !== undefined && { ended: became(ended) }),
    };
  }
}

async function readCheckpoint(path: string): Promise<string> {
  return await readFile(path, "utf8").catch((cause: unknown) => {
    throw new CodedError("BAD_USAGE", `${path} can't be read.`, { next: A_CHECKPOINT, cause });
  });
}

function became({ ms, command, rows, bytes, error }: NonNullable<Statement["ended"]>): StatementEnded {
  return {
    ms,
    ...(command !== undefined && { command }),
    ...(rows !== undefined && { rows }),
    ...(bytes !== undefined && { bytes }),
    ...(error !== undefined && { error }),
  };
}
