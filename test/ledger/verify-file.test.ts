import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { after, before, describe, it } from "node:test";
import { parseEntry } from "../../src/ledger/entry.ts";
import { linesIn, wholeBytes, wholeLines } from "../../src/ledger/lines.ts";
import type { OldHead } from "../../src/ledger/old-heads.ts";
import { partThreads, type PartCheckers } from "../../src/ledger/part-threads.ts";
import { verifyPart } from "../../src/ledger/verify-part.ts";
import { verifyFile } from "../../src/ledger/verify-file.ts";
import { verify } from "../../src/ledger/verify.ts";
import { threadScript } from "../support/thread-script.ts";
import { ledgerOf } from "./ledger-of.ts";

const LINES = 8;
const lines = ledgerOf(61);
const whole = Buffer.from(`${lines.join("\n")}\n`);

function chunksOf(bytes: Buffer, size = 1_000): AsyncIterable<Buffer> {
  const count = Math.ceil(bytes.length / size);
  return Readable.from(Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size)));
}

/** What threads do, in this one: a flipped byte each is too much for messages. */
const here: PartCheckers = {
  width: 3,
  check: (part) => Promise.resolve(structuredClone(verifyPart(structuredClone(part)))),
  close: () => Promise.resolve(),
};

async function both(bytes: Buffer, against: readonly OldHead[] = [], checkers = here) {
  const division = { lines: LINES, alone: 1, checkers: () => ({ ...checkers, close: () => Promise.resolve() }) };
  const found = await verifyFile(chunksOf(bytes), against, { division });
  const alone = await verifyFile(chunksOf(bytes, 777), against, { division: { ...division, alone: Infinity } });
  assert.deepEqual(alone, found, "where nobody else is at it");
  return { found, plain: await verify(linesIn(chunksOf(bytes)), against) };
}

describe("a long file, verified in parts", () => {
  let threads: PartCheckers;
  before(() => {
    threads = partThreads(2, threadScript());
  });
  after(() => threads.close());

  it("by threads, comes to the same in the same words, whole or damaged", async () => {
    const damaged: Record<string, readonly string[]> = {
      nothing: lines,
      "cut at a part's end": lines.slice(0, 40),
      "one is missing at a part's beginning": lines.toSpliced(16, 1),
      "one is missing": lines.toSpliced(20, 1),
      "one stands twice": lines.toSpliced(23, 0, lines[23] ?? ""),
      "two have changed places across parts": lines.with(23, lines[24] ?? "").with(24, lines[23] ?? ""),
      "a part is missing": lines.toSpliced(16, 8),
      "another ledger goes on": [...lines.slice(0, 24), ...ledgerOf(40, "t").slice(24)],
      "two are changed": lines.with(50, "{}").with(34, (lines[34] ?? "").replace('"v":1', '"v":1,"x":1')),
      "more in the actor": lines.with(30, (lines[30] ?? "").replace('"actor":{', '"actor":{"x":1,')),
      "a line is empty": lines.with(30, ""),
    };
    for (const [what, each] of Object.entries(damaged)) {
      const { found, plain } = await both(Buffer.from(`${each.join("\n")}\n`), [], threads);
      assert.deepEqual(found, plain, what);
      assert.equal(found.broken === undefined, ["nothing", "cut at a part's end"].includes(what), what);
    }
  });

  it("by threads, holds old heads against it at every size", async () => {
    const heads: OldHead[] = [];
    for (let size = 1; size <= lines.length; size += 1) {
      const { root, head } = await verify(lines.slice(0, size));
      heads.push({ size, from: `root ${size}`, root: Buffer.from(root, "base64") });
      heads.push({ size, from: `hash ${size}`, hash: head.hash.slice(0, 8) });
    }
    const { found, plain } = await both(whole, heads, threads);
    assert.deepEqual(found, plain);
    assert.deepEqual([found.held?.held, found.held?.problem], [2 * lines.length, undefined]);
    const forged = heads.map((head) => (head.from === "root 43" ? { ...head, root: Buffer.alloc(32) } : head));
    const rewritten = await both(whole, forged, threads);
    assert.deepEqual(rewritten.found, rewritten.plain);
    assert.match(rewritten.found.held?.problem ?? "", /root 43 is another history/);
  });

  it("with a byte flipped, says the same of it", async () => {
    for (let index = 0; index < whole.length; index += 61) {
      const changed = Buffer.from(whole);
      changed.writeUInt8(changed.readUInt8(index) ^ (1 + (index % 255)), index);
      const { found, plain } = await both(changed);
      assert.deepEqual(found, plain, String(index));
      assert.notEqual(found.broken, undefined);
    }
  });

  it("tells of each line that was asked for, once it holds", async () => {
    const seen: number[] = [];
    const watch = { word: '"RevokeStarted"', see: (line: string) => seen.push(parseEntry(line).seq) };
    const division = { lines: LINES, alone: 1, checkers: () => here };
    await verifyFile(chunksOf(whole), [], { watch, division });
    const byThreads = seen.splice(0);
    await verifyFile(chunksOf(whole), [], { watch, division: { ...division, alone: Infinity } });
    assert.deepEqual(seen, byThreads);
    const asked = lines.map(parseEntry).filter(({ seq, type }) => seq === 1 || type === "RevokeStarted");
    assert.ok(asked.length > 3);
    assert.deepEqual(
      seen,
      asked.map(({ seq }) => seq),
    );
  });

  it("a thread that can't go on fails the verification, and is no answer", async () => {
    const broken: PartCheckers = { ...here, check: async () => await Promise.reject(new Error("no memory")) };
    await assert.rejects(both(whole, [], broken), /no memory/);
  });

  it("leaves out a last line that is being written, as for lines", async () => {
    for (const end of ["", "\n", "{", '{"v":1', "{}", "{}\n", "\n\n", "x\n"]) {
      for (const size of [1, 7, 1_000]) {
        const file = Buffer.from(`${lines.slice(0, 2).join("\n")}\n${end}`);
        const kept: string[] = [];
        for await (const line of linesIn(wholeBytes(chunksOf(file, size)))) kept.push(line);
        const plain: string[] = [];
        for await (const line of wholeLines(linesIn(chunksOf(file, size)))) plain.push(line);
        assert.deepEqual(kept, plain, JSON.stringify(end));
      }
    }
  });
});
