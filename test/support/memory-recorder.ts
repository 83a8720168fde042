import type { Recorder, StatementBegun, StatementEnded } from "../../src/domain/activity.ts";

/** Keeps what is run in memory, and can be told to fail. */
export class MemoryRecorder implements Recorder {
  readonly all: (StatementBegun & { ended?: StatementEnded })[] = [];
  /** Thrown by every write from here on. */
  broken: Error | undefined;
  /** Nobody can begin to write. */
  closed: Error | undefined;

  begin(statement: StatementBegun): number {
    if (this.broken !== undefined) throw this.broken;
    return this.all.push({ ...statement }) - 1;
  }

  end(number: number, ended: StatementEnded): void {
    if (this.broken !== undefined) throw this.broken;
    const begun = this.all[number];
    if (begun === undefined) throw new Error(`no statement ${number} was begun`);
    if (begun.ended !== undefined) throw new Error(`statement ${number} ends twice`);
    begun.ended = ended;
  }

  /** Each statement with what became of it, in a line. */
  get lines(): string[] {
    return this.all.map(({ sql, parameters, ended }) => {
      const { command, rows, error } = ended ?? {};
      const came = [
        ...(ended === undefined ? ["…"] : []),
        ...(command === undefined ? [] : [command]),
        ...(rows === undefined ? [] : [`${rows} rows`]),
        ...(error === undefined ? [] : [`${error.code} ${error.message}`.trim()]),
      ];
      const values = parameters === undefined ? "" : ` ${JSON.stringify(parameters)}`;
      return `${sql}${values} → ${came.join(", ")}`;
    });
  }
}
