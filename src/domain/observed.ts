import type { Source } from "./activity.ts";
import type { DomainEvent } from "./events.ts";
import type { Kind } from "./sql/classify.ts";
import { ADDRESSES_NOTE } from "./tally.ts";

/** What is known of what was run under a grant, added up over its digests. */
export interface Observed {
  readonly by: readonly Source[];
  readonly statements: number;
  readonly kinds: Readonly<Partial<Record<Kind, { readonly count: number; readonly rows: number }>>>;
  readonly bytes: number;
  readonly errors: number;
  /** When the first statement came and when the last one came or ended, epoch milliseconds. */
  readonly firstAt: number;
  readonly lastAt: number;
  /** Milliseconds in which something was run, as far as digests tell. */
  readonly busyMs: number;
  readonly tables: readonly string[];
  readonly sessions: readonly string[];
  /** The addresses that sessions came from, as far as they are not erased. */
  readonly addresses: readonly string[];
  /** Every file, and how far it was told. */
  readonly recordings: readonly { readonly file: string; readonly size: number; readonly sha256: string }[];
}

type Digest = Extract<DomainEvent, { type: "CommandsObserved" }>;

const KEPT = 100;

/** Adds a digest to what is known. */
export function evolveObserved(before: Observed | undefined, { data, notes }: Digest): Observed {
  const { by, kinds, recording } = data;
  const known = before ?? nothing(data.from);
  const rest = known.recordings.filter(({ file }) => file !== recording.file);
  const { file, size, sha256 } = recording;
  return {
    by: union(known.by, [by]),
    statements: known.statements + data.statements,
    kinds: kinds.reduce<Observed["kinds"]>((all, { kind, count, rows = 0 }) => {
      const { count: counted = 0, rows: had = 0 } = all[kind] ?? {};
      return { ...all, [kind]: { count: counted + count, rows: had + rows } };
    }, known.kinds),
    bytes: known.bytes + data.bytes,
    errors: known.errors + data.errors,
    firstAt: Math.min(known.firstAt, data.from),
    lastAt: Math.max(known.lastAt, data.to),
    busyMs: known.busyMs + Math.max(0, data.to - data.from),
    tables: union(
      known.tables,
      kinds.flatMap(({ tables }) => tables),
    ),
    sessions: union(
      known.sessions,
      data.sessions.map((session) => `${file} ${session}`),
    ),
    addresses: union(
      known.addresses,
      (notes?.[ADDRESSES_NOTE] ?? "").split(", ").filter((each) => each !== ""),
    ),
    recordings: [...rest, { file, size, sha256 }],
  };
}

function nothing(at: number): Observed {
  return {
    ...{ by: [], statements: 0, kinds: {}, bytes: 0, errors: 0, firstAt: at, lastAt: at, busyMs: 0 },
    ...{ tables: [], sessions: [], addresses: [], recordings: [] },
  };
}

function union<T>(one: readonly T[], other: readonly T[]): T[] {
  return [...new Set([...one, ...other])].slice(0, KEPT);
}
