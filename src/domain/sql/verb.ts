import { cut } from "../text.ts";
import { signAt, wordAt, type Statement } from "./statements.ts";

/** The verb of what begins with no word of SQL: the server refuses it, whatever it is. */
export const UNREADABLE = "(unreadable)";
const COMMANDS = new Set([
  ...[
    "VALUES",
    "TABLE",
    "FETCH",
    "MOVE",
    "DECLARE",
    "GRANT",
    "REVOKE",
    "REASSIGN",
    "SECURITY",
    "BEGIN",
    "START",
    "COMMIT",
  ],
  ...[
    "END",
    "ROLLBACK",
    "ABORT",
    "SAVEPOINT",
    "RELEASE",
    "RESET",
    "DISCARD",
    "TRUNCATE",
    "COMMENT",
    "IMPORT",
    "REFRESH",
  ],
  ...[
    "REINDEX",
    "CLUSTER",
    "VACUUM",
    "ANALYZE",
    "SHOW",
    "EXPLAIN",
    "LISTEN",
    "UNLISTEN",
    "NOTIFY",
    "CLOSE",
    "DEALLOCATE",
  ],
  ...["EXECUTE", "DO", "CALL", "LOCK", "CHECKPOINT", "LOAD", "INSERT", "UPDATE", "DELETE", "MERGE", "WITH"],
]);
/** What stands between CREATE and what is created. */
const ADJECTIVES = new Set([
  ...["OR", "REPLACE", "TEMP", "TEMPORARY", "UNLOGGED", "UNIQUE", "GLOBAL", "LOCAL", "RECURSIVE", "TRUSTED"],
]);
/** These words belong to the one after them. */
const PAIRS = new Set(["MATERIALIZED", "FOREIGN", "EVENT", "DEFAULT", "ACCESS", "TEXT", "LARGE"]);
/** No word for a kind of object is longer. */
const OBJECT_MAX = 20;

/**
 * A statement's first words in capitals, as far as they say what it does: `DROP TABLE`, `COPY TO PROGRAM`, `SET ROLE`.
 *
 * @param start - where its first word stands
 */
export function verbOf(all: Statement, start: number): string {
  const first = wordAt(all, start);
  switch (first) {
    case "CREATE":
    case "ALTER":
    case "DROP":
      return `${first} ${objectOf(all, start + 1)}`.trim();
    case "COPY":
      return copyVerb(all, start);
    case "SET":
      return setVerb(all, start);
    case "PREPARE":
      return wordAt(all, start + 1) === "TRANSACTION" ? "PREPARE TRANSACTION" : "PREPARE";
    case "SELECT":
      return all.some(({ depth }, at) => depth === (all[start]?.depth ?? 0) && wordAt(all, at) === "INTO")
        ? "SELECT INTO"
        : "SELECT";
    default:
      // What begins no statement of SQL may be anything, also a password that was pasted in the wrong window.
      return COMMANDS.has(first) ? first : UNREADABLE;
  }
}

function objectOf(all: Statement, from: number): string {
  let at = from;
  while (ADJECTIVES.has(wordAt(all, at))) at += 1;
  const object = cut(wordAt(all, at), OBJECT_MAX);
  const next = cut(wordAt(all, at + 1), OBJECT_MAX);
  return PAIRS.has(object) || (object === "USER" && next === "MAPPING") ? `${object} ${next}` : object;
}

function copyVerb(all: Statement, start: number): string {
  const { depth = 0 } = all[start] ?? {};
  const way = all.findIndex(
    (piece, at) => at > start && piece.depth === depth && /^(?:TO|FROM)$/.test(wordAt(all, at)),
  );
  if (way < 0) return "COPY";
  return `COPY ${wordAt(all, way)}${wordAt(all, way + 1) === "PROGRAM" ? " PROGRAM" : ""}`;
}

function setVerb(all: Statement, start: number): string {
  const isScoped = ["LOCAL", "SESSION"].includes(wordAt(all, start + 1));
  const piece = all[isScoped ? start + 2 : start + 1];
  // A setting may stand there as a quoted name too.
  const what = piece?.type === "word" || piece?.type === "name" ? piece.text.toUpperCase() : "";
  if (what === "ROLE" && signAt(all, start + 2) !== ".") return "SET ROLE";
  return what === "AUTHORIZATION" || what === "SESSION_AUTHORIZATION" ? "SET SESSION AUTHORIZATION" : "SET";
}
