import assert from "node:assert/strict";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { leafHash, nodeHash, rootOf } from "../../src/ledger/merkle.ts";
import { tilePath, writeTiles } from "../../src/ledger/tiles.ts";

/** The example of the specification: https://c2sp.org/tlog-tiles, "Partial Tiles". */
const SIZE = 70_000;
const entries = Array.from({ length: SIZE }, (_, index) => {
  const bytes = Buffer.from(String(index));
  return { bytes, leaf: leafHash(bytes) };
});

describe("a ledger as tlog-tiles", () => {
  let dir: string;
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), "bg-tiles-"));
    assert.equal(await writeTiles(dir, "the checkpoint", entries), 2 * 274 + 2 + 1 + 1);
  });
  after(() => rm(dir, { recursive: true }));

  const read = (path: string) => readFile(join(dir, path));
  const hashes = (tile: Buffer) =>
    Array.from({ length: tile.length / 32 }, (_, at) => tile.subarray(at * 32, at * 32 + 32));

  it("has the files that the specification counts, full and partial", async () => {
    assert.deepEqual((await readdir(join(dir, "tile"))).toSorted(), ["0", "1", "2", "entries"]);
    const sizes = await Promise.all(
      ["0/000", "0/272", "0/273.p/112", "1/000", "1/001.p/17", "2/000.p/1"].map(
        async (path) => (await read(`tile/${path}`)).length / 32,
      ),
    );
    assert.deepEqual(sizes, [256, 256, 112, 256, 17, 1]);
    assert.equal((await read("checkpoint")).toString(), "the checkpoint");
  });

  it("leads from each level to the next, and to the root", async () => {
    const [level0, level1, level1rest, level2, last] = await Promise.all(
      ["0/256", "1/000", "1/001.p/17", "2/000.p/1", "0/273.p/112"].map(async (path) =>
        hashes(await read(`tile/${path}`)),
      ),
    );
    assert.deepEqual(rootOf(level0 ?? []), level1rest?.[0]);
    assert.deepEqual(rootOf(level1 ?? []), level2?.[0]);
    // 70,000 is 65,536 and 4,096 and 256 and 112.
    const [whole, sixteen, one, leaves] = [
      level2?.[0],
      rootOf(level1rest?.slice(0, 16) ?? []),
      level1rest?.[16],
      rootOf(last ?? []),
    ];
    const node = (left: Buffer = assert.fail(), right: Buffer = assert.fail()) => nodeHash(left, right);
    assert.deepEqual(node(whole, node(sixteen, node(one, leaves))), rootOf(entries.map(({ leaf }) => leaf)));
    assert.deepEqual(
      entries.slice(273 * 256).map(({ leaf }) => leaf),
      last,
    );
  });

  it("holds each entry behind its length", async () => {
    const bundle = await read("tile/entries/273.p/112");
    const found: string[] = [];
    for (let at = 0; at < bundle.length; at += 2 + bundle.readUInt16BE(at))
      found.push(bundle.toString("utf8", at + 2, at + 2 + bundle.readUInt16BE(at)));
    assert.deepEqual([found.length, found[0], found.at(-1)], [112, "69888", "69999"]);
  });

  it("names what is beyond the first thousand tiles by groups of three digits", () => {
    assert.deepEqual([0, 999, 1_000, 1_234_067].map(tilePath), ["000", "999", "x001/000", "x001/x234/067"]);
  });
});
