import { z } from "zod";
import { STATEMENT_KEPT, type StatementBegun, type StatementEnded } from "./activity.ts";
import {
  classify,
  classifyWithin,
  isInteresting,
  KINDS,
  kindOfTag,
  type Classified,
  type Kind,
} from "./sql/classify.ts";
import { mask, MASKED, maskMessage } from "./sql/mask.ts";
import { UNREADABLE } from "./sql/verb.ts";
import { cut } from "./text.ts";

const kind = z.enum(KINDS);
const ms = z.number();
const count = z.int().min(0);

const classified = z.object({
  kind,
  verb: z.string(),
  tables: z.array(z.string()),
  written: z.array(z.string()).optional(),
  everyRow: z.boolean().optional(),
  functions: z.array(z.string()).optional(),
});

/** The first line of a recording. */
export const headerSchema = z.object({
  v: z.literal(1),
  request: z.string(),
  target: z.string(),
  by: z.enum(["gateway", "log", "sample"]),
  startedAt: ms,
});

/** A statement as it is written down: masked, with what it does. `kinds` counts all of it, `does` lists the first and gravest. */
export const begunSchema = z.object({
  n: count,
  at: ms,
  session: z.string(),
  from: z.string(),
  sql: z.string(),
  cutFrom: count.optional(),
  parameters: z.array(z.string().nullable()).optional(),
  masked: z.literal(true).optional(),
  kinds: z.partialRecord(kind, count),
  does: z.array(classified),
});

/** What became of it: with its kind and when it began, so that a reader needs nothing from further up. */
export const endedSchema = z.object({
  end: count,
  began: ms,
  kind,
  tables: z.array(z.string()),
  ms: z.number(),
  command: z.string().optional(),
  rows: count.optional(),
  /** Of a text with statements of several kinds: how many of the rows are whose. */
  rowsOf: z.partialRecord(kind, count).optional(),
  bytes: count.optional(),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
});

export type Header = z.output<typeof headerSchema>;
export type Begun = z.output<typeof begunSchema>;
export type Ended = z.output<typeof endedSchema>;
/** A line of a recording. */
export type Recorded = Header | Begun | Ended;

const line = z.union([begunSchema, endedSchema, headerSchema]);

/**
 * A line of a recording, read.
 *
 * @returns undefined for what is no such line
 */
export function readRecorded(text: string): Recorded | undefined {
  try {
    return line.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Of a text with several statements so many are listed. */
const LISTED_MAX = 50;
const PARAMETERS_MAX = 1_000;
const PARAMETER_MAX = 10_000;
const PARAMETERS_LENGTH_MAX = 200_000;
const NAME_MAX = 100;
const MESSAGE_MAX = 1_000;

/** What texts do that were read before: programs send the same ones again and again. */
export type KnownTexts = Map<string, Pick<Begun, "kinds" | "does"> & { readonly isReadable: boolean }>;

/** Longer texts, and more of them, are read anew. */
const KNOWN_LENGTH_MAX = 2_000;
const KNOWN_MAX = 200;

/**
 * A statement as it may be written down: what it does is told from all of it, and what must stay secret is masked after that.
 *
 * @param n - its number in the recording
 * @param columns - whose values are masked
 * @param known - what was read before, for the next call
 */
export function recordedBegun(
  n: number,
  statement: StatementBegun,
  columns: readonly string[],
  known: KnownTexts = new Map(),
): Begun {
  const { at, session, from, cutFrom, parameters } = statement;
  const sql = statement.sql.slice(0, STATEMENT_KEPT);
  const isCut = cutFrom !== undefined || sql.length < statement.sql.length;
  const { kinds, does, isReadable } = whatItDoes(sql, isCut, known);
  // What is no SQL isn't run, and may be a secret that was pasted in the wrong place.
  const written = isReadable
    ? mask(sql, parameters, { columns, isCut })
    : { sql: MASKED, ...(parameters && { parameters: parameters.map(() => MASKED) }), isMasked: true };
  return {
    ...{ n, at, session: cut(session, NAME_MAX), from: cut(from, NAME_MAX), sql: written.sql },
    ...(isCut && { cutFrom: cutFrom ?? Buffer.byteLength(statement.sql) }),
    ...(written.parameters && { parameters: shortened(written.parameters) }),
    ...(written.isMasked && { masked: true as const }),
    ...{ kinds, does },
  };
}

function whatItDoes(sql: string, isCut: boolean, known: KnownTexts): NonNullable<ReturnType<KnownTexts["get"]>> {
  const before = isCut ? undefined : known.get(sql);
  if (before !== undefined) return before;
  const all = classify(sql, isCut);
  const kinds: Partial<Record<Kind, number>> = {};
  for (const each of all) kinds[each.kind] = (kinds[each.kind] ?? 0) + 1;
  const does = gravestFirst([...all, ...classifyWithin(sql)])
    .slice(0, LISTED_MAX)
    .map(plain);
  const found = { kinds, does, isReadable: !all.some(({ verb }) => verb === UNREADABLE) };
  if (isCut || sql.length > KNOWN_LENGTH_MAX) return found;
  if (known.size >= KNOWN_MAX) known.clear();
  known.set(sql, found);
  return found;
}

/**
 * What became of a statement, as it may be written down.
 *
 * @param begun - the statement
 */
export function recordedEnded(begun: Pick<Begun, "n" | "at" | "does" | "masked">, ended: StatementEnded): Ended {
  const { ms: took, command, rows, bytes, error } = ended;
  const [gravest] = begun.does;
  // What was prepared before is told by the target alone.
  const told = gravest === undefined || gravest.kind === "other" ? kindOfTag(command ?? "") : undefined;
  const rowsOf = rowsByKind(command ?? "");
  return {
    end: begun.n,
    began: begun.at,
    kind: told ?? gravest?.kind ?? "other",
    tables: [...(gravest === undefined ? [] : concerned(gravest))],
    ms: took,
    ...(command !== undefined && { command: cut(command, NAME_MAX) }),
    ...(rows !== undefined && { rows }),
    ...(Object.keys(rowsOf).length > 1 && { rowsOf }),
    ...(bytes !== undefined && { bytes }),
    ...(error && {
      error: {
        code: cut(error.code, NAME_MAX),
        message: cut(begun.masked === true ? maskMessage(error.message) : error.message, MESSAGE_MAX),
      },
    }),
  };
}

/** By the target's own words: `SELECT 5; UPDATE 97`. */
function rowsByKind(command: string): Partial<Record<Kind, number>> {
  const found: Partial<Record<Kind, number>> = {};
  for (const tag of command.split("; ")) {
    const tagged = kindOfTag(tag);
    const rows = / (\d+)$/.exec(tag)?.[1];
    if (tagged !== undefined && rows !== undefined) found[tagged] = (found[tagged] ?? 0) + Number(rows);
  }
  return found;
}

/** How grave a statement is: 0 the most. A list that is cut keeps the gravest. */
export function gravity(does: Classified): number {
  const { kind, verb, everyRow, functions = [] } = does;
  if (!isInteresting(does)) return 3;
  if (everyRow === true || functions.length > 0 || verb.endsWith(" PROGRAM")) return 0;
  if (kind === "INSERT" || kind === "COPY") return 2;
  return ["UPDATE", "DELETE", "MERGE"].includes(kind) || everyRow === false ? 1 : 0;
}

function gravestFirst(all: readonly Classified[]): readonly Classified[] {
  return all.toSorted((one, other) => gravity(one) - gravity(other));
}

/** The tables that a count of a statement's rows is about. */
export function concerned({ tables, written }: Classified): readonly string[] {
  return written ?? tables;
}

function plain({ tables, written, functions, ...rest }: Classified): Begun["does"][number] {
  return {
    ...rest,
    tables: [...tables],
    ...(written && { written: [...written] }),
    ...(functions && { functions: [...functions] }),
  };
}

function shortened(parameters: readonly (string | null)[]): (string | null)[] {
  let room = PARAMETERS_LENGTH_MAX;
  const kept = parameters.slice(0, PARAMETERS_MAX).map((value) => {
    if (value === null) return null;
    const max = Math.min(PARAMETER_MAX, room);
    room -= Math.min(value.length, max);
    return value.length <= max ? value : `${cut(value, max)}… (${value.length} characters)`;
  });
  return parameters.length > PARAMETERS_MAX ? [...kept, `… (${parameters.length} values)`] : kept;
}
