import { asCandidates, candidatesIn } from "./candidates.ts";
import { READ_MAX } from "./classify.ts";
import { tokens } from "./tokens.ts";

/** What stands where a value was. */
export const MASKED = "***";

/** Words beside which a literal may be a secret: every string of such a statement is masked. */
const SECRET_WORDS =
  /passw|passphrase|\bpwd\b|secret|credential|token|api_?key|access_?key|private_?key|encryption_?key|identified\s+by|dblink|\bcrypt\s*\(|\bencrypt|\bdecrypt|\bhmac\s*\(|pgp_|\bconnection\b|user\s+mapping|\bconninfo\b|\bprogram\b|certificate|bearer/i;
/** Literals that are secrets by their own form: a password in an address, a private key, a token. */
const SECRET_FORM =
  /:\/\/[^\s/@:]{0,200}:[^\s/@]{1,200}@|-----BEGIN|\beyJ[\w-]{10,}\.|\b(?:xox[a-z]|ghp|gho|sk|AKIA)[-_A-Z0-9a-z]{12,}/;

const SETS_PASSWORD = /\b(?:create|alter)\s+(?:role|user|group)\b/i;

/** Which statements' values must not be written down. */
export interface Masking {
  /** Columns whose values are masked. */
  readonly columns: readonly string[];
}

/**
 * A statement as it may be written down. Where it names a column whose values are masked, or a word beside which secrets stand,
 * **all** its values go, because which of them is the column's can't be told from its words with certainty.
 *
 * @param sql - as the client sent it
 * @param parameters - the values bound to it
 * @param options - `columns`: from the policy; `isCut`: only its beginning is known
 * @returns the text and values to write, and whether anything was masked
 */
export function mask(
  sql: string,
  parameters: readonly (string | null)[] | undefined,
  options: Masking & { readonly isCut?: boolean },
): { sql: string; parameters?: readonly (string | null)[]; isMasked: boolean } {
  const everything = namesColumn(sql, options);
  const strings = everything || SECRET_WORDS.test(sql);
  const isSecret = (text: string) => strings || SECRET_FORM.test(text);
  const values = bound(parameters, isSecret);
  const hidden = values.parameters?.some((value, index) => value !== parameters?.[index]) ?? false;
  if (!isSecret(sql)) return { sql, ...values, isMasked: hidden };
  const texts = candidatesIn(sql.slice(0, READ_MAX)).map((text) => maskOne(text, isSecret, everything));
  const [only = ""] = texts;
  // What is further was not read, and may hold what was looked for.
  const rest = sql.length > READ_MAX ? ` /* ${MASKED} */` : "";
  const written = (texts.length === 1 ? only : asCandidates(texts)) + rest;
  return { sql: written, ...values, isMasked: hidden || written !== sql };
}

function maskOne(sql: string, isSecret: (text: string) => boolean, everything: boolean): string {
  let written = "";
  let from = 0;
  let before = "";
  const setsPassword = SETS_PASSWORD.test(sql);
  for (const token of tokens(sql)) {
    const text = sql.slice(token.start, token.end);
    // Some write a value as a name: the server refuses it, and here it would stand in the clear.
    const isPassword = setsPassword && before === "PASSWORD" && token.text !== "NULL";
    before = token.type === "word" ? token.text : "";
    const hides =
      isPassword ||
      (["string", "comment"].includes(token.type) && isSecret(text)) ||
      (token.type === "name" && isSecret(text) && !/^"[\w$.-]*"$/.test(text)) ||
      (token.type === "number" && everything);
    if (!hides) continue;
    written += sql.slice(from, token.start);
    // Where this string ends depends on the session, so it isn't known what the rest is.
    if (token.isDoubtful === true) return `${written}'${MASKED}'`;
    written += token.type === "comment" ? `/* ${MASKED} */` : token.type === "number" ? MASKED : `'${MASKED}'`;
    from = token.end;
  }
  return written + sql.slice(from);
}

/**
 * What a target said of a statement whose values were masked: it may repeat one.
 *
 * @param message - the server's
 */
export function maskMessage(message: string): string {
  return message.replace(/"(?:[^"]|"")*"?|'(?:[^']|'')*'?|\d{4,}/g, (found) =>
    /^\d/.test(found) ? MASKED : `"${MASKED}"`,
  );
}

function bound(
  parameters: readonly (string | null)[] | undefined,
  isSecret: (text: string) => boolean,
): { parameters?: readonly (string | null)[] } {
  if (parameters === undefined) return {};
  return { parameters: parameters.map((value) => (value === null || !isSecret(value) ? value : MASKED)) };
}

/** Whether each INSERT in a text, that of MERGE too, says which columns it fills. */
function listsColumns(sql: string): boolean {
  const pieces = [...tokens(sql.slice(0, READ_MAX))].filter(({ type }) => type !== "comment");
  const isInsert = (at: number) => pieces[at]?.type === "word" && pieces[at].text === "INSERT";
  return pieces.every((_, at) => {
    if (!isInsert(at)) return true;
    let next = at + 1;
    if (pieces[next]?.text === "INTO") {
      next += 2;
      while (pieces[next]?.text === ".") next += 2;
    }
    return pieces[next]?.text === "(";
  });
}

/** Whether a statement may hold a value of one of the columns; what can't be told counts as a yes. */
function namesColumn(sql: string, { columns, isCut }: Masking & { readonly isCut?: boolean }): boolean {
  if (columns.length === 0) return false;
  if (isCut === true || /\bu&["']/i.test(sql)) return true;
  // The columns are not named here: those of the table, or of what was prepared.
  if (/^\[|\binsert\s+into\s+(?!\S+\s*\()|\bexecute\b/i.test(sql) || (/\binsert\b/i.test(sql) && !listsColumns(sql)))
    return true;
  const lower = sql.toLowerCase();
  return columns.some((column) => lower.includes(column.toLowerCase()));
}
