import { statementsOf, wordAt, type Statement } from "./statements.ts";

/** Words that begin something which changes data, definitions or rights. */
const STRONG = new Set([
  ...[
    "INSERT",
    "UPDATE",
    "DELETE",
    "MERGE",
    "COPY",
    "DROP",
    "TRUNCATE",
    "ALTER",
    "CREATE",
    "GRANT",
    "REVOKE",
    "EXECUTE",
  ],
]);
/** After these words they don't: `FOR UPDATE`, `ON DELETE`. */
const NOT_AFTER = new Set(["FOR", "KEY", "ON", "NO"]);
const FOUND_MAX = 50;

/**
 * What a DO block holds that changes something, as far as its words tell: the places where such a statement begins. What the block
 * puts together while it runs isn't known.
 *
 * @param sql - the whole text
 * @param block - its statement
 */
export function* withinBlock(sql: string, block: Statement): Generator<{ all: Statement; start: number }> {
  let found = 0;
  for (const { type, start, end } of block) {
    if (type !== "string") continue;
    for (const all of statementsOf(contentOf(sql.slice(start, end))).statements)
      for (const at of all.keys()) {
        if (!STRONG.has(wordAt(all, at)) || NOT_AFTER.has(wordAt(all, at - 1))) continue;
        found += 1;
        if (found > FOUND_MAX) return;
        yield { all, start: at };
      }
  }
}

/** What stands between the quotation marks. */
function contentOf(literal: string): string {
  const [, tag] = /^(\$[^$]*\$)/.exec(literal) ?? [];
  if (tag !== undefined) return literal.slice(tag.length, literal.endsWith(tag) ? -tag.length : undefined);
  return literal.replace(/^[a-z&]*'|'$/gi, "").replaceAll("''", "'");
}
