/** A piece of a SQL text. Comments are pieces too: what is masked must be, wherever it stands. */
export interface Token {
  readonly type: "word" | "name" | "string" | "number" | "parameter" | "symbol" | "comment";
  /** As written; a word in capitals, a quoted name without its quotation marks. */
  readonly text: string;
  /** Where it stands, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** A string in which a backslash stands before a quotation mark: where it ends depends on a setting of the session. */
  readonly isDoubtful?: true;
}

const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\n\r]*/y;
const DOLLAR = /\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy;
const PARAMETER = /\$\d+/y;
const WORD = /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy;
const NUMBER = /(?:\d|\.\d)[\w.]*/y;
/** What may stand before a string's first quotation mark. */
const PREFIX = /(?:e|b|x|n|u&)(?=')/iy;

/**
 * Reads a SQL text piece by piece, by PostgreSQL's lexical rules (its manual, 4.1). It never fails: what isn't closed goes to the
 * end, as the server would refuse it as a whole.
 *
 * @param backslashes - whether a backslash escapes in every string (`standard_conforming_strings` off), not only in `E'…'`
 */
export function* tokens(sql: string, backslashes = false): Generator<Token> {
  let at = 0;
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(sql)?.[0];
  };
  while (at < sql.length) {
    const space = match(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const token = next(sql, at, match, backslashes);
    yield token;
    at = token.end;
  }
}

function next(sql: string, start: number, match: (pattern: RegExp) => string | undefined, backslashes: boolean): Token {
  const piece = (type: Token["type"], end: number, text = sql.slice(start, end)): Token => ({ type, text, start, end });
  const line = match(LINE_COMMENT);
  if (line !== undefined) return piece("comment", start + line.length);
  if (sql.startsWith("/*", start)) return piece("comment", commentEnd(sql, start));
  const prefix = match(PREFIX);
  if (prefix !== undefined || sql[start] === "'") {
    const escapes = backslashes || /^e$/i.test(prefix ?? "");
    const end = quoteEnd(sql, start + (prefix?.length ?? 0), "'", escapes);
    const token = piece("string", end, "");
    return !/^e$/i.test(prefix ?? "") && sql.slice(start, end).includes("\\'") ? { ...token, isDoubtful: true } : token;
  }
  const dollar = match(DOLLAR);
  if (dollar !== undefined) {
    const close = sql.indexOf(dollar, start + dollar.length);
    return piece("string", close < 0 ? sql.length : close + dollar.length, "");
  }
  const parameter = match(PARAMETER);
  if (parameter !== undefined) return piece("parameter", start + parameter.length);
  if (sql[start] === '"' || /^u&"/i.test(sql.slice(start, start + 3))) {
    const open = sql.indexOf('"', start);
    const end = quoteEnd(sql, open, '"', false);
    return piece(
      "name",
      end,
      sql
        .slice(open + 1, end)
        .replace(/"$/, "")
        .replaceAll('""', '"'),
    );
  }
  const word = match(WORD);
  if (word !== undefined) return piece("word", start + word.length, word.toUpperCase());
  const number = match(NUMBER);
  if (number !== undefined) return piece("number", start + number.length);
  return piece("symbol", start + 1);
}

/** Block comments nest. */
function commentEnd(sql: string, start: number): number {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = start;
  let depth = 0;
  for (let found = mark.exec(sql); found !== null; found = mark.exec(sql)) {
    depth += found[0] === "/*" ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return sql.length;
}

/** @param open - where the first quotation mark stands */
function quoteEnd(sql: string, open: number, quote: string, escapes: boolean): number {
  const mark = escapes ? /\\[\s\S]|'/g : new RegExp(quote, "g");
  mark.lastIndex = open + 1;
  for (let found = mark.exec(sql); found !== null; found = mark.exec(sql)) {
    if (found[0] !== quote) continue;
    if (sql[mark.lastIndex] !== quote) return mark.lastIndex;
    mark.lastIndex += 1;
  }
  return sql.length;
}
