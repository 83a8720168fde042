/** A statement as it came, recorded before it is passed on to the target. */
export interface StatementBegun {
  /** When it came: epoch milliseconds. */
  readonly at: number;
  /** Which of the grant's sessions ran it. */
  readonly session: string;
  /** The network address that the session came from. */
  readonly from: string;
  /** Its text, at most the first {@link STATEMENT_KEPT} characters. */
  readonly sql: string;
  /** The length of the whole text in bytes, where only its beginning is kept. */
  readonly cutFrom?: number;
  /** Values bound to it, as text; binary ones as `\x…` in hexadecimal; null for NULL. */
  readonly parameters?: readonly (string | null)[];
}

/** What became of it. */
export interface StatementEnded {
  /** Milliseconds that it took. */
  readonly ms: number;
  /** The target's own word for what was done, `UPDATE 97`; absent where it failed or was cut off. */
  readonly command?: string;
  /** Rows that were changed or given. */
  readonly rows?: number;
  /** Bytes of rows that were given. */
  readonly bytes?: number;
  /** How the target refused it: SQLSTATE (PostgreSQL, Appendix A) and message; `cut off` where the session ended first. */
  readonly error?: { readonly code: string; readonly message: string };
}

/** How it is known what was run: all of it went through us, or a log or samples say so as far as they go. */
export type Source = "gateway" | "log" | "sample";

/** What was run under a grant. */
export type Activity = StatementBegun & { readonly by: Source; readonly ended?: StatementEnded };

/** Of a statement's text so many characters are kept. */
export const STATEMENT_KEPT = 1_000_000;

/** Where what is run under one grant is written, statement by statement. */
export interface Recorder {
  /**
   * Writes a statement down. Only after it returns may the statement be passed on.
   *
   * @returns its number in the recording
   * @throws `RECORDING_UNWRITABLE`: then the session ends, for without a recording there is no access
   */
  begin(statement: StatementBegun): number;
  /** Writes down what became of it. @throws `RECORDING_UNWRITABLE` */
  end(number: number, ended: StatementEnded): void;
}
