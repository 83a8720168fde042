import { z } from "zod";
import type { SealedFile, SealedFiles } from "./sealed-files.ts";

const turnSchema = z.strictObject({ v: z.literal(1), until: z.int() });

/** A generation of an account. */
type Generation = Pick<SealedFile, "account" | "generation">;

/** A turn that was taken. */
export interface Turn {
  /** Lets the next one have it at once. What is sealed meanwhile takes all turns of its generation with it. */
  release(): Promise<void>;
}

/**
 * Has one process at a time ask a target for another password: of two that ask at once, the one whose answer is sealed need not be the
 * one that the target has in the end. A turn is a file that is made once and has a number of its own, so that a turn that was left
 * behind is followed by the next, which again one process alone gets.
 */
export class RotationTurns {
  readonly #files: SealedFiles;

  constructor(files: SealedFiles) {
    this.#files = files;
  }

  /**
   * Takes a turn, if nobody has one.
   *
   * @param until - when it is over by itself, epoch milliseconds
   * @param now - epoch milliseconds
   * @returns undefined while somebody else has it
   */
  async take(
    of: Generation,
    { until, now }: { readonly until: number; readonly now: number },
  ): Promise<Turn | undefined> {
    const last = await this.#last(of);
    if (last > 0 && (await this.#untilOf(of, last)) > now) return undefined;
    const own = turnOf(of, last + 1);
    if (!(await this.#files.create(own, textOf(until)))) return undefined;
    // Whoever was long about it may find that others have had theirs, and taken them away.
    if ((await this.#last(of)) !== last + 1) return undefined;
    if (last > 0) await this.#files.remove(turnOf(of, last));
    return { release: () => this.#files.replace(own, textOf(0)) };
  }

  /** The number of the newest turn; 0 where there was none. */
  async #last({ account, generation }: Generation): Promise<number> {
    const turns = (await this.#files.list()).flatMap((file) =>
      file.account === account && file.generation === generation && file.kind.startsWith("turn-")
        ? [Number(file.kind.slice("turn-".length))]
        : [],
    );
    return Math.max(0, ...turns);
  }

  async #untilOf(of: Generation, nth: number): Promise<number> {
    const text = await this.#files.read(turnOf(of, nth));
    try {
      return turnSchema.parse(JSON.parse(text ?? "")).until;
    } catch {
      // Nobody leaves such a one: it is written whole before it has its name.
      return 0;
    }
  }
}

function turnOf({ account, generation }: Generation, nth: number): SealedFile {
  return { account, generation, kind: `turn-${nth}` };
}

function textOf(until: number): string {
  return JSON.stringify({ v: 1, until });
}
