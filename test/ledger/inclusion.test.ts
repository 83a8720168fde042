import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers/promises";
import { CLOCK } from "../../src/domain/people.ts";
import { hashedText, parseEntry } from "../../src/ledger/entry.ts";
import { Inclusions } from "../../src/ledger/inclusion.ts";
import { inclusionProof, leafHash, nodeHash } from "../../src/ledger/merkle.ts";
import { LedgerLines } from "../support/ledger-lines.ts";
import { rangeOf, signedCheckpoint } from "../support/record-scene.ts";

const all = new LedgerLines();
for (let index = 0; index < 1_100; index += 1)
  all.add({ type: "PolicyLoaded", actor: CLOCK, data: { policy: `p${index}`, targets: 1 } });
const { entries } = all;
const leaves = entries.map((entry) => leafHash(Buffer.from(hashedText(entry), "utf8")));

/** RFC 9162 section 2.1.3.2: what a verifier who knows nothing of trees of ours computes. */
function rootBy(proof: readonly Buffer[], index: number, size: number, leaf: Buffer): Buffer {
  let [fn, sn, root] = [index, size - 1, leaf];
  for (const hash of proof) {
    if (fn % 2 === 1 || fn === sn) {
      root = nodeHash(hash, root);
      while (fn % 2 === 0 && fn !== 0) [fn, sn] = [fn >> 1, sn >> 1];
    } else root = nodeHash(root, hash);
    [fn, sn] = [fn >> 1, sn >> 1];
  }
  assert.equal(sn, 0);
  return root;
}

describe("proofs that entries are in a ledger", () => {
  for (const size of [1, 2, 255, 256, 257, 300, 511, 512, 513, 769, 1_024, 1_100]) {
    it(`hold for a checkpoint of ${size} entries, by the RFC's own verifier`, async () => {
      const seqs = [1, 2, 200, 256, 257, 300, 511, 513, 768, 769, size - 1, size].filter((each) => each >= 1);
      const found = await new Inclusions(rangeOf(entries)).prove(signedCheckpoint(entries, size).signed, seqs);
      assert.ok(found);
      assert.deepEqual([...found.proofs.keys()], [...new Set(seqs.filter((each) => each <= size))]);
      for (const [seq, proof] of found.proofs) {
        const leaf = leaves[seq - 1] ?? Buffer.alloc(0);
        assert.ok(rootBy(proof, seq - 1, size, leaf).equals(found.checkpoint.root), `entry ${seq} of ${size}`);
        assert.deepEqual(proof, inclusionProof(leaves.slice(0, size), seq - 1));
      }
    });
  }

  it("are of no other ledger, and of none that isn't signed as a checkpoint is", async () => {
    const changed = entries.map((entry, index) =>
      index === 3 ? { ...parseEntry(JSON.stringify(entry)), data: { policy: "another", targets: 1 } } : entry,
    );
    const { signed } = signedCheckpoint(entries, 600);
    assert.equal(await new Inclusions(rangeOf(changed)).prove(signed, [5]), undefined);
    assert.equal(await new Inclusions(rangeOf(entries)).prove("no checkpoint", [5]), undefined);
  });

  it("hold though several are made at once, and after one that could not be read", async () => {
    let isAway = true;
    const inclusions = new Inclusions(async (from, limit) => {
      if (isAway) throw new Error("Redis is away");
      await setImmediate();
      return await rangeOf(entries)(from, limit);
    });
    const { signed } = signedCheckpoint(entries);
    await assert.rejects(inclusions.prove(signed, [1]), /away/);
    isAway = false;
    const found = await Promise.all([1, 300, 1_100].map(async (seq) => await inclusions.prove(signed, [seq])));
    for (const [index, seq] of [1, 300, 1_100].entries())
      assert.deepEqual(found[index]?.proofs.get(seq), inclusionProof(leaves, seq - 1));
  });

  it("read what is old only once, and all of it again when the ledger turns out to be another", async () => {
    let ledger = entries.map((entry, index) => (index === 0 ? { ...entry, v: 1 as const, type: "Another" } : entry));
    const asked: number[] = [];
    const inclusions = new Inclusions(async (from, limit) => {
      asked.push(from);
      return await rangeOf(ledger)(from, limit);
    });
    const { signed } = signedCheckpoint(entries, 600);
    assert.equal(await inclusions.prove(signed, []), undefined);
    ledger = [...entries];
    assert.ok(await inclusions.prove(signed, []), "what was kept of the other ledger is forgotten");
    asked.length = 0;
    assert.ok(await inclusions.prove(signed, [5]));
    assert.deepEqual(asked, [513, 1], "the rest, and the block of the entry");
  });
});
