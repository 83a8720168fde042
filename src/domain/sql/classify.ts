import { candidatesIn } from "./candidates.ts";
import { withinBlock } from "./code-block.ts";
import { signAt, statementsOf, wordAt, type Statement } from "./statements.ts";
import { tablesOf } from "./tables.ts";
import { isUnbounded } from "./unbounded.ts";
import { UNREADABLE, verbOf } from "./verb.ts";

/** What a statement does, as counts tell it. */
export const KINDS = [
  ...(["SELECT", "INSERT", "UPDATE", "DELETE", "MERGE", "COPY"] as const),
  ...(["DDL", "privilege", "transaction", "SET", "other"] as const),
] as const;
export type Kind = (typeof KINDS)[number];

/** What is known of one statement without running it. It holds names, and no value that stands in it. */
export interface Classified {
  readonly kind: Kind;
  /** Its first words in capitals: `DROP TABLE`, `COPY TO`, `SET ROLE`. */
  readonly verb: string;
  /** The tables that it names, as far as its words tell. */
  readonly tables: readonly string[];
  /** Those of them that it writes to, or defines. */
  readonly written?: readonly string[] | undefined;
  /** Of UPDATE, DELETE and MERGE, and what has one in it: whether every row is meant, because there is no condition or one that always holds. */
  readonly everyRow?: boolean | undefined;
  /** Functions that reach beyond tables, such as `pg_read_file`. */
  readonly functions?: readonly string[] | undefined;
}

const CHANGES = ["INSERT", "UPDATE", "DELETE", "MERGE"] as const;
type Change = (typeof CHANGES)[number];
const isChange = (word: string): word is Change => (CHANGES as readonly string[]).includes(word);

const BY_WORD: Readonly<Record<string, Kind>> = {
  ...of("SELECT", ["SELECT", "VALUES", "TABLE", "FETCH", "MOVE", "DECLARE"]),
  ...of("COPY", ["COPY"]),
  ...of("privilege", ["GRANT", "REVOKE", "REASSIGN", "SECURITY"]),
  ...of("transaction", ["BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT", "SAVEPOINT", "RELEASE"]),
  ...of("SET", ["SET", "RESET", "DISCARD"]),
  ...of("DDL", ["CREATE", "ALTER", "DROP", "TRUNCATE", "COMMENT", "IMPORT", "REFRESH"]),
  ...of("DDL", ["REINDEX", "CLUSTER", "VACUUM", "ANALYZE"]),
};
const PRIVILEGE = /^(?:CREATE|ALTER|DROP) (?:ROLE|USER|GROUP|OWNED|DEFAULT PRIVILEGES)/;
const BEYOND =
  /^(?:pg_(?:read|ls|stat|write)_\w{0,40}(?:file|dir)\w{0,20}|pg_(?:terminate|cancel)_backend|pg_reload_conf|set_config|lo_(?:im|ex)port|dblink\w{0,40}|\w{1,20}_to_xml\w{0,20}|pg_promote|pg_switch_wal)$/;
const HAS_CHANGE = new Set(["PREPARE", "CREATE TABLE"]);
const HARMLESS = new Set(["SHOW", "EXPLAIN", "LISTEN", "UNLISTEN", "CLOSE", "DEALLOCATE", "PREPARE"]);
/** What a client had run by a message that has no text of SQL, as the session gateway writes it. */
const BY_MESSAGE = /^\[(the cursor|the prepared statement|call of the function|the database) [\s\S]*\]$/;
const MESSAGES: Readonly<Record<string, Classified>> = {
  "the cursor": { kind: "other", verb: "FETCH", tables: [] },
  "the prepared statement": { kind: "other", verb: "EXECUTE", tables: [] },
  "the database": { kind: "other", verb: "CONNECT", tables: [] },
  "call of the function": { kind: "other", verb: "CALL", tables: [] },
};
const FUNCTIONS_MAX = 10;
/** So much of a text is read: whoever sends long ones must not keep the program from what it has to end. In UTF-16 units. */
export const READ_MAX = 100_000;
/** What stands for what wasn't read. */
const UNREAD: Classified = { kind: "other", verb: "(not read)", tables: [] };

/**
 * What the statements of a SQL text do, by their words; not fooled by what stands in strings, comments or quoted names. A library
 * that parses all of PostgreSQL's grammar (libpg-query, 18 MB unpacked) would tell no more of it, and nothing of what doesn't parse.
 *
 * @param sql - one text as a client sent it, which may hold several statements
 * @param isCut - whether this is only the beginning of what was sent
 * @returns each statement, in order; none for a text without any. What is too long to be read ends in one of which nothing is known
 */
export function classify(sql: string, isCut = false): Classified[] {
  const message = MESSAGES[BY_MESSAGE.exec(sql)?.[1] ?? ""];
  if (message !== undefined) return [message];
  const found = candidatesIn(sql.slice(0, READ_MAX)).flatMap(classifyRead);
  return isCut || sql.length > READ_MAX ? [...found, UNREAD] : found;
}

function classifyRead(sql: string): Classified[] {
  const { statements, isDoubtful } = statementsOf(sql);
  const found = statements.map((each) => classifyOne(each, 0));
  if (!isDoubtful) return found;
  // Where a string ends depends on the session: what would be run in the other reading counts too.
  const known = new Set(found.map((each) => JSON.stringify(each)));
  const others = statementsOf(sql, true).statements.map((each) => classifyOne(each, 0));
  return [...found, ...others.filter((each) => !known.has(JSON.stringify(each)))];
}

/**
 * What DO blocks in a text would change, as far as their words tell. It is not counted: how often each runs isn't known.
 *
 * @param sql - as for {@link classify}
 */
export function classifyWithin(sql: string): Classified[] {
  if (!/\bdo\b/i.test(sql)) return [];
  return candidatesIn(sql.slice(0, READ_MAX)).flatMap((text) =>
    statementsOf(text)
      .statements.filter((each) => wordAt(each, 0) === "DO")
      .flatMap((each) => [...withinBlock(text, each)].map(({ all, start }) => classifyOne(all, start))),
  );
}

/** Whether somebody wants to read a statement in full: it changes something, or it can't be told what it does. */
export function isInteresting({ kind, verb, everyRow, functions = [] }: Classified): boolean {
  if (functions.length > 0 || everyRow !== undefined) return true;
  if (kind === "SELECT" || kind === "transaction") return false;
  if (kind === "SET") return verb.startsWith("SET ");
  return kind !== "other" || !HARMLESS.has(verb);
}

/** The kind that a target's own word for what was done (`DELETE 97`) tells; undefined where it is none about rows. */
export function kindOfTag(command: string): Kind | undefined {
  const [word = ""] = command.split(" ");
  return isChange(word) || word === "SELECT" || word === "COPY" ? word : undefined;
}

function classifyOne(all: Statement, from: number): Classified {
  let start = from;
  while (signAt(all, start) === "(") start += 1;
  const first = wordAt(all, start);
  if (first === "EXPLAIN") return explained(all, start);
  const base = { ...namedBy(all, first), ...functionsOf(all) };
  const change = changeOf(all, start);
  const verb = change ?? (first === "WITH" ? "SELECT" : verbOf(all, start));
  // What is prepared is run by a name, and what makes a table may take its rows out of another.
  const everyRow = change !== undefined || HAS_CHANGE.has(verb) ? isUnbounded(all) : undefined;
  return { kind: change ?? kindOf(all, first, verb), verb, ...base, ...(everyRow !== undefined && { everyRow }) };
}

function kindOf(all: Statement, first: string, verb: string): Kind {
  if (PRIVILEGE.test(verb) || (first === "ALTER" && hasNewOwner(all))) return "privilege";
  if (verb === "PREPARE TRANSACTION") return "transaction";
  if (verb === "SELECT INTO") return "DDL";
  return first === "WITH" ? "SELECT" : (BY_WORD[first] ?? "other");
}

/** Which rows it changes: by its own verb, or by one within WITH or within the parentheses of COPY. */
function changeOf(all: Statement, start: number): Change | undefined {
  const first = wordAt(all, start);
  if (isChange(first)) return first;
  if (first !== "WITH" && first !== "COPY" && first !== "DECLARE") return undefined;
  const depth = all[start]?.depth ?? 0;
  const within: Change[] = [];
  for (const [at, piece] of all.entries()) {
    const word = wordAt(all, at);
    if (!isChange(word)) continue;
    if (first === "WITH" && piece.depth === depth && !isPartOfAnother(all, at)) return word;
    if (signAt(all, at - 1) === "(" && signAt(all, at + 1) !== "(") within.push(word);
  }
  // The one that can do most harm names it.
  return (["DELETE", "UPDATE", "MERGE", "INSERT"] as const).find((word) => within.includes(word));
}

function isPartOfAnother(all: Statement, at: number): boolean {
  return ["FOR", "KEY", "DO", "ON", "AS"].includes(wordAt(all, at - 1)) || [".", ","].includes(signAt(all, at - 1));
}

/** EXPLAIN runs nothing; EXPLAIN ANALYZE does. */
function explained(all: Statement, start: number): Classified {
  let at = start + 1;
  if (signAt(all, at) === "(") at = (all[at]?.pair ?? at) + 1;
  else while (["ANALYZE", "ANALYSE", "VERBOSE"].includes(wordAt(all, at))) at += 1;
  const options = all.slice(start + 1, at).map(({ text }) => text);
  const asked = options.findIndex((text) => text === "ANALYZE" || text === "ANALYSE");
  const runs = asked >= 0 && !/^(?:FALSE|OFF|0)$/.test(options[asked + 1] ?? "");
  if (at >= all.length || wordAt(all, at) === "EXPLAIN") return { kind: "other", verb: UNREADABLE, tables: [] };
  const inner = classifyOne(all, at);
  return runs ? inner : { kind: "other", verb: "EXPLAIN", tables: inner.tables };
}

function namedBy(all: Statement, first: string): Pick<Classified, "tables" | "written"> {
  const { tables, written } = tablesOf(all, first);
  return written.length === 0 ? { tables } : { tables, written };
}

function functionsOf(all: Statement): { functions?: readonly string[] } {
  const found = new Set<string>();
  for (const [at, { type, text }] of all.entries()) {
    if ((type !== "word" && type !== "name") || signAt(all, at + 1) !== "(" || text.length > 63) continue;
    const name = text.toLowerCase();
    if (BEYOND.test(name)) found.add(name);
  }
  return found.size === 0 ? {} : { functions: [...found].slice(0, FUNCTIONS_MAX) };
}

function hasNewOwner(all: Statement): boolean {
  return all.some((_, at) => wordAt(all, at) === "OWNER" && wordAt(all, at + 1) === "TO");
}

function of(kind: Kind, words: readonly string[]): Record<string, Kind> {
  return Object.fromEntries(words.map((word) => [word, kind]));
}
