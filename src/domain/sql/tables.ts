import { signAt, wordAt, type Statement } from "./statements.ts";

/** What may stand between such a word and a table's name. */
const BETWEEN = new Set(["ONLY", "LATERAL", "IF", "NOT", "EXISTS", "TABLE", "CONCURRENTLY", "INTO", "FROM"]);
const BETWEEN_MAX = 5;
/** `extract(year FROM …)` and the like name no table. */
const TAKES_FROM = new Set(["EXTRACT", "SUBSTRING", "TRIM", "OVERLAY", "POSITION"]);
/** Here FROM names something else: a role, a cursor. */
const NO_FROM = new Set(["REVOKE", "FETCH", "MOVE", "SHOW"]);
const NO_NAME = new Set(["SELECT", "VALUES", "STDIN", "STDOUT", "PROGRAM", "SET", "ALL", "WITH", "CURRENT", "NOWAIT"]);
/** `FOR UPDATE`, `ON UPDATE`, `DO UPDATE`, `FOR NO KEY UPDATE` change no table. */
const BEFORE_NO_TABLE = new Set(["FOR", "ON", "DO", "KEY", "OR", "BEFORE", "AFTER", "OF", "GRANT", "THEN"]);
const HAS_ON = new Set(["INDEX", "TRIGGER", "RULE", "POLICY"]);
const TABLES_MAX = 20;
/** A list that is longer is not read to its end. */
const LIST_MAX = 50;
const NAME_MAX = 130;

/** Names in lower case unless quoted, `schema.table` where written so; at most 20 each. */
export interface Tables {
  readonly tables: readonly string[];
  /** Those that it writes to, or defines. */
  readonly written: readonly string[];
}

/**
 * The tables that a statement names, as far as its words tell: views and functions may reach others.
 *
 * @param verb - the word that it begins with
 */
export function tablesOf(all: Statement, verb: string): Tables {
  const found = new Set<string>();
  const written = new Set<string>();
  const defined = commonTables(all);
  const opened: string[] = [];
  for (const [index, { type }] of all.entries()) {
    if (signAt(all, index) === "(") opened.push(wordAt(all, index - 1));
    if (signAt(all, index) === ")") opened.pop();
    if (type !== "word" || !begins(all, index, verb, opened.at(-1))) continue;
    for (const { name, at } of namesFrom(all, index + 1, wordAt(all, index))) {
      // Within its own definition a name still means the table.
      if ((defined.get(name) ?? Infinity) < at) continue;
      found.add(name);
      if (writes(all, index, verb)) written.add(name);
      if (found.size === TABLES_MAX) return { tables: [...found], written: [...written] };
    }
  }
  return { tables: [...found], written: [...written] };
}

function writes(all: Statement, index: number, verb: string): boolean {
  switch (wordAt(all, index)) {
    case "INTO":
    case "UPDATE":
    case "TRUNCATE":
      return true;
    case "FROM":
      return wordAt(all, index - 1) === "DELETE";
    case "TABLE":
      return ["CREATE", "ALTER", "DROP", "TRUNCATE"].includes(verb);
    default:
      return false;
  }
}

function begins(all: Statement, index: number, verb: string, within = ""): boolean {
  const before = wordAt(all, index - 1);
  switch (wordAt(all, index)) {
    case "FROM":
      return before !== "DISTINCT" && !TAKES_FROM.has(within) && !NO_FROM.has(verb);
    case "JOIN":
    case "INTO":
      return true;
    case "TABLE":
      return verb !== "GRANT" || before === "ON";
    case "UPDATE":
      return !BEFORE_NO_TABLE.has(before) && signAt(all, index - 1) !== ",";
    case "USING":
      return verb === "DELETE" || verb === "MERGE";
    case "ON":
      return verb === "GRANT" || verb === "REVOKE" || (verb === "CREATE" && isOnTable(all));
    case "COPY":
    case "TRUNCATE":
    case "LOCK":
      return index === 0;
    default:
      return false;
  }
}

function isOnTable(all: Statement): boolean {
  return all.slice(1, 5).some((_, index) => HAS_ON.has(wordAt(all, index + 1)));
}

/** The names of a list: `a, b AS x, schema.c`. */
function* namesFrom(all: Statement, from: number, after: string): Generator<{ name: string; at: number }> {
  let at = from;
  for (let count = 0; count < LIST_MAX; count += 1) {
    for (let word = 0; word < BETWEEN_MAX && BETWEEN.has(wordAt(all, at)); word += 1) at += 1;
    const read = nameAt(all, at);
    if (read === undefined) return;
    // What has arguments is a function; the columns of INSERT INTO are none.
    const isCall = signAt(all, read.end) === "(" && ["FROM", "JOIN", "USING"].includes(after);
    if (!isCall) yield { name: read.name, at };
    at = isCall ? (all[read.end]?.pair ?? read.end) + 1 : read.end;
    if (wordAt(all, at) === "AS") at += 2;
    else if (all[at]?.type === "word" && signAt(all, at + 1) === ",") at += 1;
    if (signAt(all, at) !== ",") return;
    at += 1;
  }
}

function nameAt(all: Statement, from: number): { name: string; end: number } | undefined {
  const parts: string[] = [];
  for (let at = from; parts.length < 4; at += 2) {
    const piece = all[at];
    if (piece === undefined || !(piece.type === "name" || piece.type === "word")) return undefined;
    if (parts.length === 0 && NO_NAME.has(wordAt(all, at))) return undefined;
    parts.push(piece.type === "name" ? piece.text : piece.text.toLowerCase());
    if (signAt(all, at + 1) !== ".") return { name: parts.join(".").slice(0, NAME_MAX), end: at + 1 };
  }
  return undefined;
}

/** The names that WITH defines, and where the first definition of each ends. */
function commonTables(all: Statement): Map<string, number> {
  const defined = new Map<string, number>();
  if (!all.some((_, index) => wordAt(all, index) === "WITH")) return defined;
  for (const index of all.keys()) {
    if (wordAt(all, index) !== "AS") continue;
    let open = index + 1;
    for (let word = 0; word < 2 && ["NOT", "MATERIALIZED"].includes(wordAt(all, open)); word += 1) open += 1;
    if (signAt(all, open) !== "(") continue;
    const columns = signAt(all, index - 1) === ")" ? all[index - 1]?.pair : undefined;
    const named = nameAt(all, (columns ?? index) - 1);
    if (named !== undefined && !defined.has(named.name)) defined.set(named.name, all[open]?.pair ?? all.length);
  }
  return defined;
}
