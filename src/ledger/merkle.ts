import { hash } from "node:crypto";

/** The hash of a leaf (RFC 6962 section 2.1): of a zero byte and what the leaf holds. */
export function leafHash(bytes: Uint8Array): Buffer {
  return hash("sha256", Buffer.concat([LEAF, bytes]), "buffer");
}

/** The hash of two subtrees, left and right. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return hash("sha256", Buffer.concat([NODE, left, right]), "buffer");
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** A hash as 32 characters, a byte each: a tree makes two for each leaf, and a Buffer costs more than the hash in it. */
type HashText = string;

const HASH_BYTES = 32;
/** What a node's hash is of: its mark, and room for the two below it. */
const pair = Buffer.alloc(1 + 2 * HASH_BYTES, NODE);

function nodeText(left: HashText, right: HashText): HashText {
  pair.write(left, 1, "binary");
  pair.write(right, 1 + HASH_BYTES, "binary");
  return hash("sha256", pair, "binary");
}

/** How many leaves a tree has, and the roots of its whole subtrees, the largest first. */
export interface Edge {
  readonly size: number;
  readonly subtrees: readonly HashText[];
}

/**
 * A Merkle tree that only grows (RFC 6962 section 2.1), kept as its right edge: the roots of the whole subtrees, the largest
 * first. A further leaf and the root each cost as many hashes as the tree is high.
 */
export class MerkleEdge {
  #size = 0;
  readonly #subtrees: HashText[] = [];

  /** How many leaves there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf, by what it holds. */
  add(text: string): void {
    this.#join(hash("sha256", `\0${text}`, "binary"), 1);
  }

  /** Adds a leaf, by its hash. */
  push(leaf: Buffer): void {
    this.#join(leaf.toString("binary"), 1);
  }

  /**
   * Adds all leaves of another tree.
   *
   * @param edge - of a tree whose largest whole subtree is no larger than the smallest of this one, see {@link MerkleEdge.edge}
   */
  graft(edge: Edge): void {
    let rest = edge.size;
    for (const subtree of edge.subtrees) {
      const size = 2 ** Math.floor(Math.log2(rest));
      this.#join(subtree, size);
      rest -= size;
    }
  }

  /** All of it, for {@link MerkleEdge.graft}. */
  get edge(): Edge {
    return { size: this.#size, subtrees: [...this.#subtrees] };
  }

  /** The root over all leaves so far; the hash of nothing for none. */
  get root(): Buffer {
    const [last, ...before] = this.#subtrees.toReversed();
    if (last === undefined) return hash("sha256", "", "buffer");
    return Buffer.from(
      before.reduce((right, left) => nodeText(left, right), last),
      "binary",
    );
  }

  #join(subtree: HashText, size: number): void {
    let node = subtree;
    // Each bit that is set is a whole subtree; the new one joins as many as end with it.
    for (let rest = this.#size / size; rest % 2 === 1; rest = (rest - 1) / 2)
      node = nodeText(this.#subtrees.pop() ?? node, node);
    this.#subtrees.push(node);
    this.#size += size;
  }
}

/** The root over some leaves. */
export function rootOf(leaves: readonly Buffer[]): Buffer {
  const edge = new MerkleEdge();
  for (const leaf of leaves) edge.push(leaf);
  return edge.root;
}

/**
 * The hashes that prove that a leaf is in the tree (RFC 6962 section 2.1.1), from its neighbour up.
 *
 * @param index - from 0
 */
export function inclusionProof(leaves: readonly Buffer[], index: number): Buffer[] {
  if (leaves.length < 2) return [];
  const split = 2 ** Math.floor(Math.log2(leaves.length - 1));
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return index < split
    ? [...inclusionProof(left, index), rootOf(right)]
    : [...inclusionProof(right, index - split), rootOf(left)];
}
