import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { describe, it } from "node:test";
import { inclusionProof, leafHash, MerkleEdge, nodeHash, rootOf } from "../../src/ledger/merkle.ts";

const leaf = (index: number) => leafHash(Buffer.from(`entry ${index}`));
const leaves = (count: number) => Array.from({ length: count }, (_, index) => leaf(index));

/** RFC 6962 section 2.1, as it is written. */
function treeHash(all: readonly Buffer[]): Buffer {
  const [only] = all;
  if (only === undefined) return createHash("sha256").digest();
  if (all.length === 1) return only;
  let k = 1;
  while (k * 2 < all.length) k *= 2;
  return nodeHash(treeHash(all.slice(0, k)), treeHash(all.slice(k)));
}

/** How a verifier gets from a leaf to the root: RFC 9162 section 2.1.3.2. */
function rootBy(index: number, size: number, start: Buffer, proof: readonly Buffer[]): Buffer {
  let [place, last, hash] = [index, size - 1, start];
  for (const each of proof) {
    assert.notEqual(last, 0, "the proof is too long");
    if (place % 2 === 1 || place === last) {
      hash = nodeHash(each, hash);
      while (place % 2 === 0 && place !== 0) [place, last] = [place / 2, Math.floor(last / 2)];
    } else hash = nodeHash(hash, each);
    [place, last] = [Math.floor(place / 2), Math.floor(last / 2)];
  }
  assert.equal(last, 0, "the proof is too short");
  return hash;
}

describe("the Merkle tree", () => {
  it("has the root of RFC 6962 at every size, as it grows", () => {
    const edge = new MerkleEdge();
    assert.equal(edge.root.toString("hex"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    for (let size = 1; size <= 130; size += 1) {
      edge.push(leaf(size - 1));
      assert.equal(edge.size, size);
      assert.deepEqual(edge.root, treeHash(leaves(size)), String(size));
    }
  });

  it("is what others compute", () => {
    // From the test vectors of Certificate Transparency: the first leaves are empty, 00, 10, 20 21.
    const known = ["", "00", "10", "2021"].map((hex) => leafHash(Buffer.from(hex, "hex")));
    assert.equal(
      rootOf(known.slice(0, 1)).toString("hex"),
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    );
    assert.equal(
      rootOf(known.slice(0, 2)).toString("hex"),
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    );
    assert.equal(
      rootOf(known.slice(0, 3)).toString("hex"),
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    );
    assert.equal(rootOf(known).toString("hex"), "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7");
  });

  it("proves each leaf of each size, by as many hashes as the tree is high", () => {
    for (let size = 1; size <= 40; size += 1) {
      const all = leaves(size);
      for (const [index, each] of all.entries()) {
        const proof = inclusionProof(all, index);
        assert.ok(proof.length <= Math.ceil(Math.log2(size)));
        assert.deepEqual(rootBy(index, size, each, proof), treeHash(all));
      }
    }
  });
});
