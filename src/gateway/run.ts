import type { Recorder, StatementEnded } from "../domain/activity.ts";

/** So many of the target's own words for what was done are kept of one text with several statements. */
const COMMANDS_KEPT = 100;

/** A statement that was recorded and passed on, until it is over. */
export class Run {
  /** Rows and their bytes that went by, counted by whoever sees them. */
  rows = 0;
  bytes = 0;
  readonly #recorder: Recorder;
  readonly #number: number;
  readonly #clock: () => number;
  readonly #commands: string[] = [];
  /** Rows that went by when the last of several statements began. */
  #rowsBefore = 0;
  /** Rows of those that are done; undefined where none of them is about rows. */
  #total: number | undefined;
  #startedAt: number;
  #error: StatementEnded["error"];
  #isOver = false;

  /** @param clock - milliseconds that only go forward */
  constructor(recorder: Recorder, number: number, clock: () => number) {
    this.#recorder = recorder;
    this.#number = number;
    this.#clock = clock;
    this.#startedAt = clock();
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The target comes to it: what it waited for others before doesn't count. */
  comesUp(): void {
    if (!this.#isOver && this.rows === 0) this.#startedAt = this.#clock();
  }

  /** The target did one thing. @param command - its own word for it, `UPDATE 97` */
  did(command: string): void {
    if (this.#commands.length < COMMANDS_KEPT) this.#commands.push(command);
    const given = this.rows - this.#rowsBefore;
    this.#rowsBefore = this.rows;
    const said = / (\d+)$/.exec(command)?.[1];
    if (given > 0 || said !== undefined) this.#total = (this.#total ?? 0) + (given > 0 ? given : Number(said));
  }

  fails(error: NonNullable<StatementEnded["error"]>): void {
    this.#error ??= error;
  }

  /** It is over; only the first time counts. @throws `RECORDING_UNWRITABLE` */
  end(error?: NonNullable<StatementEnded["error"]>): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (error !== undefined) this.fails(error);
    const given = this.rows - this.#rowsBefore;
    this.#recorder.end(this.#number, {
      ms: Math.max(0, Math.round((this.#clock() - this.#startedAt) * 1_000) / 1_000),
      ...(this.#commands.length > 0 && { command: this.#commands.join("; ") }),
      ...((this.#total !== undefined || given > 0) && { rows: (this.#total ?? 0) + given }),
      ...(this.bytes > 0 && { bytes: this.bytes }),
      ...(this.#error !== undefined && { error: this.#error }),
    });
  }
}
