import type { KeyObject } from "node:crypto";
import { parseCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { eventOf, type Entry } from "./entry.ts";
import { noteKey, parseVkey, signedBy, writeVkey, type NoteKey } from "./note.ts";

/** A change of keys, as the ledger tells it. */
interface Change {
  readonly from: NoteKey;
  readonly to: NoteKey;
}

/**
 * Whose signatures count for a ledger's checkpoints: the key that somebody vouches for, and those that lead to it by changes
 * which both keys have signed.
 */
export class TrustedKeys {
  readonly #trusted = new Map<string, NoteKey>();
  readonly #changes: Change[] = [];

  /** Takes a key that is known to be right. */
  trust(key: NoteKey): void {
    this.#trusted.set(writeVkey(key), key);
    // Either half of a change vouches for the other: both signed it.
    for (const { from, to } of this.#changes) {
      const [one, other] = [this.#has(from), this.#has(to)];
      if (one !== other) this.trust(one ? to : from);
    }
  }

  /** The same for the public half alone, under the ledger's name. */
  trustOwn(origin: string, publicKey: KeyObject): void {
    this.trust(noteKey(origin, publicKey));
  }

  /**
   * Takes an entry of the ledger.
   *
   * @returns what is wrong with a change of keys, if it is one and anything is
   */
  see(entry: Entry): string | undefined {
    const event = eventOf(entry);
    if (event?.type !== "LedgerKeyChanged") return undefined;
    const [from, to] = [parseVkey(event.data.from), parseVkey(event.data.to)];
    const checkpoint = parseCheckpoint(event.data.checkpoint);
    const isSigned =
      from !== undefined &&
      to !== undefined &&
      checkpoint !== undefined &&
      [from, to].every((key) => signedBy(checkpoint.note, key) === "yes");
    if (!isSigned) return `entry ${entry.seq} changes the ledger's key, and is not signed by both`;
    this.#changes.push({ from, to });
    for (const key of this.#trusted.values()) this.trust(key);
    return undefined;
  }

  /** What is wrong with a checkpoint's signatures, if anything is. */
  problemOf(checkpoint: SignedCheckpoint): string | undefined {
    const answers = [...this.#trusted.values()].map((key) => signedBy(checkpoint.note, key));
    const of = `the checkpoint of entry ${checkpoint.size}`;
    if (answers.includes("no")) return `${of} bears a signature that is not its key's`;
    return answers.includes("yes") ? undefined : `${of} is signed by none of the known keys`;
  }

  #has(key: NoteKey): boolean {
    return this.#trusted.has(writeVkey(key));
  }
}
