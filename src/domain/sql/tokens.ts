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

const SPACE = /\s*/y;
const LINE_COMMENT = /--[^\n\r]*/y;
const DOLLAR = /\$(?:[a-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/iy;
const PARAMETER = /\$\d+/y;
const WORD = /[a-z_\u0080-\uffff][\w$\u0080-\uffff]*/iy;
const NUMBER = /(?:\d|\.\d)[\w.]*/y;
/** What may stand before a string's first quotation mark. */
const PREFIX = /(?:e|b|x|n|u&)(?=')|u&(?=")/iy;
const UESCAPE = /\s*UESCAPE\s*'([^'])'/iy;
const PREFIXES = "eEbBxXnNuU";

/**
 * Reads a SQL text piece by piece, by PostgreSQL's lexical rules (its manual, 4.1). It never fails: what isn't closed goes to the
 * end, as the server would refuse it as a whole.
 *
 * @param backslashes - whether a backslash escapes in every string (`standard_conforming_strings` off), not only in `E'…'`
 */
export function* tokens(sql: string, backslashes = false): Generator<Token> {
  let at: number;
  for (at = endOf(SPACE, sql, 0) ?? 0; at < sql.length; at = endOf(SPACE, sql, at) ?? at) {
    const token = next(sql, at, backslashes);
    yield token;
    at = token.end;
  }
}

/** Where a match that begins at a place ends; undefined where there is none. */
function endOf(pattern: RegExp, sql: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(sql) ? pattern.lastIndex : undefined;
}

function next(sql: string, start: number, backslashes: boolean): Token {
  const first = sql[start] ?? "";
  const piece = (type: Token["type"], end: number, text = sql.slice(start, end)): Token => ({ type, text, start, end });
  switch (first) {
    case "'":
      return stringFrom(sql, start, start, backslashes);
    case '"':
      return nameFrom(sql, start, start);
    case "-": {
      const end = endOf(LINE_COMMENT, sql, start);
      return end === undefined ? piece("symbol", start + 1) : piece("comment", end, "");
    }
    case "/":
      return sql[start + 1] === "*" ? piece("comment", commentEnd(sql, start), "") : piece("symbol", start + 1);
    case "$": {
      const opened = endOf(DOLLAR, sql, start);
      if (opened !== undefined) return piece("string", dollarEnd(sql, start, opened), "");
      return piece("parameter", endOf(PARAMETER, sql, start) ?? start + 1);
    }
    default:
  }
  const open = PREFIXES.includes(first) ? endOf(PREFIX, sql, start) : undefined;
  if (open !== undefined)
    return sql[open] === '"' ? nameFrom(sql, start, open) : stringFrom(sql, start, open, backslashes);
  const word = endOf(WORD, sql, start);
  if (word !== undefined) return piece("word", word, sql.slice(start, word).toUpperCase());
  const number = endOf(NUMBER, sql, start);
  return number === undefined ? piece("symbol", start + 1) : piece("number", number);
}

/** @param open - where its first quotation mark stands */
function stringFrom(sql: string, start: number, open: number, backslashes: boolean): Token {
  const isEscaped = open === start + 1 && /[eE]/.test(sql[start] ?? "");
  const end = quoteEnd(sql, open, "'", isEscaped || backslashes);
  const token: Token = { type: "string", text: "", start, end };
  return !isEscaped && sql.slice(open, end).includes("\\'") ? { ...token, isDoubtful: true } : token;
}

function nameFrom(sql: string, start: number, open: number): Token {
  const end = quoteEnd(sql, open, '"', false);
  const text = sql
    .slice(open + 1, end)
    .replace(/"$/, "")
    .replaceAll('""', '"');
  return { type: "name", text: open > start ? unescaped(text, sql, end) : text, start, end };
}

/** What `U&"d\0061t\+000061"` means, by the sign that UESCAPE names after it. */
function unescaped(text: string, sql: string, end: number): string {
  UESCAPE.lastIndex = end;
  const sign = UESCAPE.exec(sql)?.[1] ?? "\\";
  const [first, ...rest] = text.split(sign);
  return rest.reduce((read, part) => {
    const code = /^(?:\+([\da-f]{6})|([\da-f]{4}))/i.exec(part);
    const point = Number.parseInt(code?.[1] ?? code?.[2] ?? "", 16);
    if (!(point <= 0x10ffff)) return `${read}${sign}${part}`;
    return `${read}${String.fromCodePoint(point)}${part.slice(code?.[0].length)}`;
  }, first ?? "");
}

/** @param opened - where what stands between the dollar quotes begins */
function dollarEnd(sql: string, start: number, opened: number): number {
  const tag = sql.slice(start, opened);
  const close = sql.indexOf(tag, opened);
  return close < 0 ? sql.length : close + tag.length;
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
