import { eventOf, parseEntry } from "../ledger/entry.ts";
import { checkRecording } from "../recording/read-recording.ts";
import type { Position } from "../recording/recording.ts";
import { positionsIn } from "./recorded-lines.ts";

const OBSERVED = '"CommandsObserved"';

/** Holds the recordings of a folder against a ledger that is read line by line. */
export class RecordingsAudit {
  readonly #folder: string;
  readonly #said = new Map<string, Position[]>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Takes an entry's line. */
  see(line: string): void {
    if (!line.includes(OBSERVED)) return;
    const event = eventOf(parseEntry(line));
    if (event === undefined) return;
    for (const [file, positions] of positionsIn([event]))
      this.#said.set(file, [...(this.#said.get(file) ?? []), ...positions]);
  }

  /** How many files hold, and the first that doesn't. A file that no entry names holds only statements that were never told. */
  async found(): Promise<{ readonly checked: number; readonly problem?: string }> {
    let checked = 0;
    let problem: string | undefined;
    for (const [name, positions] of this.#said) {
      const found = await checkRecording(this.#folder, name, positions);
      if (found.problem === undefined) checked += 1;
      else problem ??= found.problem;
    }
    return { checked, ...(problem !== undefined && { problem }) };
  }
}
