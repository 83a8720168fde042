import { CodedError, type Code } from "../errors.ts";
import { checkEntry } from "./check-entry.ts";
import { EMPTY, type Head } from "./entry.ts";
import { MerkleEdge, type Edge } from "./merkle.ts";
import { OldHeads, type OldHead } from "./old-heads.ts";
import type { Silence, Verification } from "./verification.ts";

/** What is wrong with a line; whatever else goes wrong while it is read says nothing about it. */
const WRONG: readonly Code[] = ["ENTRY_INVALID", "LEDGER_BROKEN"];

/** Heartbeats are an hour apart; a worker may be restarted between two. */
const SILENCE_MS = 65 * 60_000;
const TO_THE_HOUR = "2026-11-23T03".length;

/** Lines that hold by themselves, wherever in a ledger they stand. */
export interface Stretch {
  /** Their last entry. */
  readonly head: Head;
  readonly firstAt: string;
  readonly lastAt: string;
  readonly erased: number;
  readonly silences: readonly Silence[];
  readonly edge: Edge;
}

/** How far a ledger holds. */
export class Verified {
  readonly #against: readonly OldHead[];
  readonly #oldHeads: OldHeads;
  readonly #tree = new MerkleEdge();
  readonly #silences: Silence[] = [];
  #head: Head;
  #firstAt = "";
  #lastAt = "";
  #erased = 0;

  /**
   * @param against - what people kept of it
   * @param start - the entry before the first
   */
  constructor(against: readonly OldHead[], start: Head = EMPTY) {
    this.#against = against;
    this.#oldHeads = new OldHeads(against);
    this.#head = start;
  }

  get head(): Head {
    return this.#head;
  }

  /** Over what was taken so far. */
  get edge(): Edge {
    return this.#tree.edge;
  }

  /**
   * Takes the lines that follow, up to the first that is wrong.
   *
   * @returns that one, and what is wrong with it
   */
  async take(lines: AsyncIterable<string>): Promise<Verification["broken"]> {
    try {
      for await (const line of lines) this.#takeOne(line);
      return undefined;
    } catch (error) {
      return this.#brokenBy(error);
    }
  }

  /**
   * The same of lines that are at hand: to wait for each would take a tenth of the time.
   *
   * @param see - told of each line that holds
   */
  takeNow(lines: Iterable<string>, see?: (line: string) => void): Verification["broken"] {
    try {
      for (const line of lines) {
        this.#takeOne(line);
        see?.(line);
      }
      return undefined;
    } catch (error) {
      return this.#brokenBy(error);
    }
  }

  #takeOne(line: string): void {
    const { entry, hashed, erased } = checkEntry(line, this.#head);
    this.#erased += erased;
    this.#passTo(entry.at);
    this.#head = { seq: entry.seq, hash: entry.hash };
    this.#tree.add(hashed);
    this.#oldHeads.see(this.#tree, entry.hash);
  }

  #brokenBy(error: unknown): Verification["broken"] {
    if (!(error instanceof CodedError) || !WRONG.includes(error.code)) throw error;
    return { line: this.#head.seq + 1, problem: error.message };
  }

  /** How the ledger was after a further entry of a stretch that is about to be joined. */
  seeWithin(edge: Edge, hash: string): void {
    const tree = new MerkleEdge();
    tree.graft(this.#tree.edge);
    tree.graft(edge);
    this.#oldHeads.see(tree, hash);
  }

  /** Takes lines that hold by themselves and follow. */
  join({ head, firstAt, lastAt, erased, silences, edge }: Stretch): void {
    this.#passTo(firstAt);
    this.#silences.push(...silences);
    this.#lastAt = lastAt;
    this.#erased += erased;
    this.#head = head;
    this.#tree.graft(edge);
  }

  /** What was taken, to be joined to what stands before it. */
  get stretch(): Stretch {
    return {
      ...{ head: this.#head, firstAt: this.#firstAt, lastAt: this.#lastAt },
      ...{ erased: this.#erased, silences: this.#silences, edge: this.edge },
    };
  }

  /** What the ledger turned out to be. */
  end(broken: Verification["broken"]): Verification {
    return {
      ...{ head: this.#head, root: this.#tree.root.toString("base64") },
      ...{ erased: this.#erased, silences: this.#silences },
      ...(this.#against.length > 0 && { held: this.#oldHeads.end(this.#head.seq) }),
      ...(broken !== undefined && { broken }),
    };
  }

  #passTo(at: string): void {
    const last = this.#lastAt;
    // Within one hour of the clock there is none, and to read a date takes longer than to compare two.
    if (!at.startsWith(last.slice(0, TO_THE_HOUR)) && Date.parse(at) - Date.parse(last) > SILENCE_MS)
      this.#silences.push({ after: this.#head.seq, from: last, to: at });
    if (this.#firstAt === "") this.#firstAt = at;
    this.#lastAt = at;
  }
}
