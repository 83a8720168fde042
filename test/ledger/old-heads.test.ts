import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { checkpointText, originOf, parseCheckpoint } from "../../src/ledger/checkpoint.ts";
import { EMPTY, eventOf, parseEntry, seal, type Entry, type Head } from "../../src/ledger/entry.ts";
import type { NewEvent } from "../../src/domain/events.ts";
import { noteKey, writeNote, writeVkey } from "../../src/ledger/note.ts";
import { readOldHeads } from "../../src/ledger/old-heads.ts";
import { TrustedKeys } from "../../src/ledger/trusted-keys.ts";
import { verify } from "../../src/ledger/verify.ts";

const LINES = readFileSync(join(import.meta.dirname, "../fixtures/ledger-v1.jsonl"), "utf8")
  .trimEnd()
  .split("\n");
const ENTRIES = LINES.map(parseEntry);
const ORIGIN = originOf(ENTRIES[0]?.hash ?? "");

/** The ledger as somebody would forge it who has Redis and every mirror: one entry changed, and all after it sealed anew. */
function rewritten(seq: number): string[] {
  let head: Head = EMPTY;
  return ENTRIES.map((entry) => {
    const event = { ...eventOf(entry), ...(entry.seq === seq && { actor: { via: "cli" } }) } as NewEvent;
    const salts = Object.values(entry.notes ?? {}).map(({ salt }) => salt);
    const place = { request: entry.request, at: Date.parse(entry.at), salt: () => salts.shift() ?? "" };
    const sealed: Entry = seal(event, head, place);
    head = sealed;
    return JSON.stringify(sealed);
  });
}

const signer = () => {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  return { privateKey, key: noteKey(ORIGIN, publicKey) };
};
const checkpointOf = async (lines: readonly string[], signers = [signer()]) => {
  const { head, root } = await verify(lines);
  return writeNote(checkpointText({ origin: ORIGIN, size: head.seq, root: Buffer.from(root, "base64") }), signers);
};
const closing = (seq: number) =>
  `  └ Gone, and checked: 0.3 s after the end. Ledger ${seq} · ${ENTRIES[seq - 1]?.hash.slice(0, 8) ?? ""}.`;
const heldBy = async (lines: readonly string[], text: string) => (await verify(lines, readOldHeads(text).heads)).held;

describe("whoever kept an old head can prove a rewrite", () => {
  it("a ledger that only grew holds by every kind of them", async () => {
    for (const [text, held, upTo] of [
      [await checkpointOf(LINES.slice(0, 30)), 1, 30],
      [LINES.slice(0, 20).join("\n"), 20, 20],
      [`*BG-7K3M2Q* root\n${closing(9)}\nmore talk\n${closing(22)}\n`, 2, 22],
      [JSON.stringify([{ text: closing(9) }, { text: closing(22) }], null, 4).replaceAll("·", "\\u00b7"), 2, 22],
      [["&middot;", "&#183;", "&#xB7;"].map((dot) => `<p>${closing(9).replace("·", dot)}</p>`).join("\n"), 3, 9],
      [`${JSON.stringify({ at: "2026", checkpoint: await checkpointOf(LINES.slice(0, 7)) })}\n`, 1, 7],
    ] as const)
      assert.deepEqual(await heldBy(LINES, text), { held, upTo }, text.slice(0, 80));
  });

  it("a rewritten one verifies by itself, and not by any of them", async () => {
    const forged = rewritten(15);
    assert.equal((await verify(forged)).broken, undefined);
    for (const text of [await checkpointOf(LINES.slice(0, 30)), closing(22)])
      assert.match(
        (await heldBy(forged, text))?.problem ?? "",
        /is another history: the ledger was rewritten at or before/,
      );
    const between = await heldBy(forged, `${closing(9)}\n${closing(22)}\n${closing(34)}`);
    assert.deepEqual(between, {
      held: 1,
      upTo: 9,
      problem: "line 2 is another history: the ledger was rewritten after entry 9 and up to entry 22.",
    });
    const exact = await heldBy(forged, LINES.join("\n"));
    assert.match(exact?.problem ?? "", /^line 15 .* after entry 14 and up to entry 15\.$/);
  });

  it("a copy of an entry that says something else than its hash is of is no proof", async () => {
    for (const change of [
      (line: string) => line.replace(/"actor":\{"/, '"actor":{"person":"mallory","'),
      (line: string) => line.replace(/"text":"/, '"text":"not '),
    ]) {
      const at = LINES.findIndex((line) => change(line) !== line);
      const held = await heldBy(LINES, LINES.toSpliced(at, 1, change(LINES[at] ?? "")).join("\n"));
      const said = `line ${at + 1} says something else than entry ${at + 1} of its hash: that copy was altered.`;
      assert.equal(held?.problem, said);
    }
  });

  it("one that was cut short is found by a head beyond its end", async () => {
    const cut = await heldBy(LINES.slice(0, 20), `${closing(9)}\n${closing(22)}`);
    assert.match(cut?.problem ?? "", /is of entry 22, and the ledger ends at 20: what came after is missing/);
  });

  it("finds none in a text that has none", () => {
    for (const text of ["", "Ledger 12", "{}\n{\n", "Ledger 12 · xyz"]) assert.deepEqual(readOldHeads(text).heads, []);
  });
});

describe("whose signatures count", () => {
  const [old, next, stranger] = [signer(), signer(), signer()];
  const change = (to: typeof next, signers: readonly (typeof next)[]) => async () => {
    const checkpoint = await checkpointOf(LINES, [...signers]);
    const data = { from: writeVkey(old.key), to: writeVkey(to.key), checkpoint };
    const event: NewEvent = { type: "LedgerKeyChanged", actor: { via: "clock" }, data };
    return seal(event, ENTRIES.at(-1) ?? EMPTY, { at: 0, salt: () => "" });
  };
  const signedOne = async (by: typeof next) =>
    parseCheckpoint(await checkpointOf(LINES.slice(0, 5), [by])) ?? assert.fail();

  it("the key's that is known, and the keys' that a change leads to, forwards and backwards", async () => {
    for (const [known, others] of [
      [old, next],
      [next, old],
    ] as const) {
      const keys = new TrustedKeys();
      keys.trust(known.key);
      assert.equal(keys.problemOf(await signedOne(known)), undefined);
      assert.match(keys.problemOf(await signedOne(others)) ?? "", /signed by none of the known keys/);
      assert.equal(keys.see(await change(next, [old, next])()), undefined);
      assert.equal(keys.problemOf(await signedOne(others)), undefined);
      assert.match(keys.problemOf(await signedOne(stranger)) ?? "", /signed by none/);
    }
  });

  it("not by a change that only one of the two has signed", async () => {
    for (const signers of [[old], [next], [old, stranger]]) {
      const keys = new TrustedKeys();
      keys.trust(old.key);
      assert.match(keys.see(await change(next, signers)()) ?? "", /is not signed by both/);
      assert.match(keys.problemOf(await signedOne(next)) ?? "", /signed by none/);
    }
  });

  it("not a signature that is not its key's", async () => {
    const keys = new TrustedKeys();
    keys.trust(old.key);
    const good = await checkpointOf(LINES.slice(0, 5), [old]);
    const forged = parseCheckpoint(good.replace("\n5\n", "\n6\n")) ?? assert.fail();
    assert.match(keys.problemOf(forged) ?? "", /bears a signature that is not its key's/);
  });
});
