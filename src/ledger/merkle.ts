import { hash } from "node:crypto";

/** The hash of a leaf (RFC 6962 section 2.1): of a zero byte and what the leaf holds. */
export function leafHash(bytes: Uint8Array): Buffer {
  return sha256([LEAF, bytes]);
}

/** The hash of two subtrees, left and right. */
export function nodeHash(left: Uint8Array, right: Uint8Array): Buffer {
  return sha256([NODE, left, right]);
}

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** In one call: it costs a third of what making a hash and feeding it does, and a tree makes two for each leaf. */
function sha256(parts: readonly Uint8Array[]): Buffer {
  return hash("sha256", Buffer.concat(parts), "buffer");
}

/**
 * A Merkle tree that only grows (RFC 6962 section 2.1), kept as its right edge: the roots of the whole subtrees, the largest
 * first. A further leaf and the root each cost as many hashes as the tree is high.
 */
export class MerkleEdge {
  #size = 0;
  readonly #subtrees: Buffer[] = [];

  /** How many leaves there are. */
  get size(): number {
    return this.#size;
  }

  /** Adds a leaf. */
  push(leaf: Buffer): void {
    let node = leaf;
    // Each bit that is set is a whole subtree; the new leaf joins as many as end with it.
    for (let rest = this.#size; rest % 2 === 1; rest = (rest - 1) / 2)
      node = nodeHash(this.#subtrees.pop() ?? node, node);
    this.#subtrees.push(node);
    this.#size += 1;
  }

  /** The root over all leaves so far; the hash of nothing for none. */
  get root(): Buffer {
    const [last, ...before] = this.#subtrees.toReversed();
    if (last === undefined) return sha256([]);
    return before.reduce((right, left) => nodeHash(left, right), last);
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
