import { parseCheckpoint, type SignedCheckpoint } from "./checkpoint.ts";
import { hashedText, parseEntry } from "./entry.ts";
import { inclusionProof, leafHash, rootOf } from "./merkle.ts";

/** Leaves together: their root is kept, so that a long ledger is read through once. */
const BLOCK = 256;

/** Proofs that entries are among those that a checkpoint speaks of. */
export interface Inclusion {
  readonly checkpoint: SignedCheckpoint;
  /** As it was signed. */
  readonly signed: string;
  /** By an entry's number, the hashes from its neighbour up, RFC 6962 section 2.1.1. Only of entries that it speaks of. */
  readonly proofs: ReadonlyMap<number, readonly Buffer[]>;
}

/**
 * Makes inclusion proofs from a ledger that can be read in parts. Of what was read only the roots of whole blocks are kept: 32 bytes
 * for 256 entries.
 */
export class Inclusions {
  readonly #range: (from: number, limit: number) => Promise<string[]>;
  readonly #blocks: Buffer[] = [];
  /** Blocks are read by one at a time: each goes on where the one before it has come to. */
  #before: Promise<unknown> = Promise.resolve();

  /** @param range - so many entries from a number on, as the lines they are exported as */
  constructor(range: (from: number, limit: number) => Promise<string[]>) {
    this.#range = range;
  }

  /**
   * Proves that entries are in the ledger that a checkpoint speaks of.
   *
   * @param signed - the checkpoint as it was signed; its signature is not checked here
   * @returns undefined where the text is no checkpoint, or is of another ledger than the one that is read
   */
  async prove(signed: string, seqs: readonly number[]): Promise<Inclusion | undefined> {
    const proved = this.#before.then(async () => await this.#prove(signed, seqs));
    this.#before = proved.catch(() => undefined);
    return await proved;
  }

  async #prove(signed: string, seqs: readonly number[]): Promise<Inclusion | undefined> {
    const checkpoint = parseCheckpoint(signed);
    if (checkpoint === undefined) return undefined;
    const found = await this.#proofs(checkpoint, seqs);
    if (found !== undefined) return { checkpoint, signed, proofs: found };
    // What was kept may be of a ledger that Redis lost entries of since.
    this.#blocks.length = 0;
    const again = await this.#proofs(checkpoint, seqs);
    return again && { checkpoint, signed, proofs: again };
  }

  async #proofs({ size, root }: SignedCheckpoint, seqs: readonly number[]): Promise<Map<number, Buffer[]> | undefined> {
    const whole = Math.floor(size / BLOCK);
    for (let index = this.#blocks.length; index < whole; index += 1)
      this.#blocks.push(rootOf(await this.#leaves(index, BLOCK)));
    const rest = size % BLOCK === 0 ? [] : await this.#leaves(whole, size % BLOCK);
    const blocks = [...this.#blocks.slice(0, whole), ...(rest.length === 0 ? [] : [rootOf(rest)])];
    if (!rootOf(blocks).equals(root)) return undefined;
    const proofs = new Map<number, Buffer[]>();
    for (const seq of seqs.filter((each) => each >= 1 && each <= size)) {
      const block = Math.floor((seq - 1) / BLOCK);
      const leaves = block === whole ? rest : await this.#leaves(block, BLOCK);
      proofs.set(seq, [...inclusionProof(leaves, (seq - 1) % BLOCK), ...inclusionProof(blocks, block)]);
    }
    return proofs;
  }

  async #leaves(block: number, count: number): Promise<Buffer[]> {
    const lines = await this.#range(block * BLOCK + 1, count);
    return lines.map((line) => leafHash(Buffer.from(hashedText(parseEntry(line), line), "utf8")));
  }
}
