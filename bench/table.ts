/** A figure of the program's, and what it is held against. */
export interface Row {
  readonly what: string;
  readonly ours: string;
  /** Measured in the same run; absent where only a limit is given. */
  readonly baseline?: string;
  readonly ratio?: number;
  readonly goal: string;
}

/** Rows as a table in Markdown, its columns aligned so that a terminal shows it well too. */
export function table(rows: readonly Row[]): string {
  const cells = rows.map(({ what, ours, baseline, ratio, goal }) => [
    what,
    ours,
    baseline ?? "",
    ratio === undefined ? "" : ratio.toFixed(2),
    goal,
  ]);
  const all = [["what", "ours", "baseline", "ratio", "goal"], ...cells];
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(3, ...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  const [head = [], ...body] = all;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/** Milliseconds, for people. */
export function ms(value: number): string {
  return `${value < 100 ? value.toFixed(1) : Math.round(value)} ms`;
}
