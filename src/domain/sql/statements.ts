import { tokens, type Token } from "./tokens.ts";

/** A piece of a statement, and how it stands to the parentheses around it. */
export interface Piece extends Omit<Token, "type"> {
  readonly type: Exclude<Token["type"], "comment">;
  /** How many parentheses are open around it; one's own doesn't count. */
  readonly depth: number;
  /** Of a parenthesis: where the other one of the pair stands in the statement. */
  pair?: number;
}

/** A statement: its pieces without comments. */
export type Statement = readonly Piece[];

/**
 * Cuts a SQL text into its statements.
 *
 * @param backslashes - see {@link tokens}
 * @returns `isDoubtful`: whether it depends on the session where a string ends
 */
export function statementsOf(sql: string, backslashes = false): { statements: Statement[]; isDoubtful: boolean } {
  const statements: Piece[][] = [];
  let current: Piece[] = [];
  let open: number[] = [];
  let isDoubtful = false;
  for (const token of tokens(sql, backslashes)) {
    isDoubtful ||= token.isDoubtful === true;
    const { type } = token;
    if (type === "comment") continue;
    const sign = type === "symbol" ? token.text : "";
    if (sign === ";" && open.length === 0) {
      statements.push(current);
      current = [];
      open = [];
      continue;
    }
    const opener = sign === ")" ? open.pop() : undefined;
    const piece: Piece = { ...token, type, depth: open.length };
    if (opener !== undefined) {
      piece.pair = opener;
      const other = current[opener];
      if (other !== undefined) other.pair = current.length;
    }
    if (sign === "(") open.push(current.length);
    current.push(piece);
  }
  return { statements: [...statements, current].filter((each) => each.length > 0), isDoubtful };
}

/** A word in capitals at a place, "" for anything else. */
export function wordAt(all: Statement, index: number): string {
  const piece = all[index];
  return piece?.type === "word" ? piece.text : "";
}

/** A sign at a place, "" for anything else; a name in quotation marks that looks like one is none. */
export function signAt(all: Statement, index: number): string {
  const piece = all[index];
  return piece?.type === "symbol" ? piece.text : "";
}
