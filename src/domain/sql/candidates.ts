const MARK = /\/\* one of \d+ of this name: \*\/ /;

/** Texts of which one was run, and nobody can tell which, as one text. */
export function asCandidates(texts: readonly string[]): string {
  return texts.map((text) => `/* one of ${texts.length} of this name: */ ${text}`).join("\n");
}

/**
 * The texts that such a text holds. Each is read by itself: a quotation mark that one of them leaves open must not hide the next.
 *
 * @returns the text itself where it is an ordinary one
 */
export function candidatesIn(sql: string): string[] {
  return sql.search(MARK) === 0 ? sql.split(MARK).slice(1) : [sql];
}
