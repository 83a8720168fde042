import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { EVENT_DATA, type NewEvent } from "../../src/domain/events.ts";
import { fold } from "../../src/domain/request.ts";
import { canonicalBytes } from "../../src/ledger/canonical.ts";
import { EMPTY, eventOf, noteHash, parseEntry, seal, sha256, type Entry } from "../../src/ledger/entry.ts";
import { verify } from "../../src/ledger/verify.ts";
import { requestsIn } from "./requests-in.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures");
const read = (name: string) => readFileSync(join(FIXTURES, name), "utf8");
const linesOf = (name: string): readonly string[] => read(`${name}.jsonl`).trimEnd().split("\n");

/** What each version wrote, with its head and its root: it is for ever. */
const VERSIONS = [
  {
    name: "ledger-v1",
    head: { seq: 58, hash: "55fb34906d4b8fcefa85619c9091f7e253148bf1e9bc57009567fe9254cc37e1" },
    root: "61Qi/jgLnVeyDVV3BQMLLN9abkCD79XgOaupR8OZ5aU=",
  },
  {
    name: "ledger-v2",
    head: { seq: 210, hash: "044cbb5a59a78a26008d5ddc35853d0fdf3a54dfb3cc26deb4949f21a021d06a" },
    root: "qrPXo5OstqTG8jZllEUR3rBiw4TtrkqTL+Bz/Ahv4nI=",
  },
  {
    name: "ledger-v3",
    head: { seq: 215, hash: "9f0fa77bd0ffc8a4f07771520e9fff724752a7c62007631969d3f7a3f8aaefb8" },
    root: "Lfaci+NeQkbgzRMCjrCyqobIMpeWS6AoPyoneg4AJWQ=",
  },
];
const LINES = linesOf("ledger-v1");
const ENTRIES = LINES.map(parseEntry);

for (const { name, head: pinned, root } of VERSIONS) {
  describe(`the ledger as a version wrote it: ${name}`, () => {
    const lines = linesOf(name);
    const entries = lines.map(parseEntry);

    it("verifies, and its head is the one that was pinned", async () => {
      assert.deepEqual(await verify(lines), { head: pinned, root, erased: 0, silences: [] });
    });

    it("folds into the same requests as then", () => {
      assert.deepEqual(requestsIn(entries), JSON.parse(read(`${name}.requests.json`)));
    });

    it("is what this version writes of the same events, byte for byte", () => {
      let head = EMPTY;
      for (const [index, entry] of entries.entries()) {
        const salts = Object.values(entry.notes ?? {}).map(({ salt }) => salt);
        const event = eventOf(entry) as NewEvent;
        const sealed = seal(event, head, {
          request: entry.request,
          at: Date.parse(entry.at),
          salt: () => salts.shift() ?? "",
        });
        assert.equal(JSON.stringify(sealed), lines[index]);
        head = { seq: sealed.seq, hash: sealed.hash };
      }
    });
  });
}

describe("the ledger that a version wrote", () => {
  it("has one of everything: what comes new is pinned with its version", () => {
    const types = VERSIONS.flatMap(({ name }) => linesOf(name).map((line) => parseEntry(line).type));
    assert.deepEqual(new Set(types), new Set(Object.keys(EVENT_DATA)));
  });

  it("still holds its place when a later version adds a type and a field", async () => {
    const head = ENTRIES.at(-1) ?? assert.fail();
    const later = { ...parseEntry(LINES[0] ?? ""), type: "RecordMade", data: { by: "dave" }, new: [1, null] };
    assert.equal(eventOf(later), undefined);
    const found = await verify([...LINES, JSON.stringify({ ...later, seq: head.seq + 1, prev: head.hash })]);
    assert.match(found.broken?.problem ?? "", /content does not have its hash/, "its hash covers the new field too");
  });
});

describe("verify", () => {
  it("names the line in which any one byte was changed", async () => {
    const bytes = LINES.map((line) => Buffer.from(line, "utf8"));
    const at = fc.nat(LINES.length - 1).chain((line) =>
      fc.record({
        line: fc.constant(line),
        index: fc.nat((bytes[line]?.length ?? 1) - 1),
        flip: fc.integer({ min: 1, max: 255 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(at, async ({ line, index, flip }) => {
        const changed = Buffer.from(bytes[line] ?? "");
        changed.writeUInt8(changed.readUInt8(index) ^ flip, index);
        const { broken } = await verify(LINES.with(line, changed.toString("utf8")));
        assert.equal(broken?.line, line + 1, changed.toString("utf8"));
        assert.notEqual(broken.problem, "");
      }),
      { numRuns: 400 },
    );
  });

  it("names the first line that is missing, doubled or moved", async () => {
    const line = fc.integer({ min: 0, max: LINES.length - 2 });
    await fc.assert(
      fc.asyncProperty(line, async (index) => {
        const own = LINES[index] ?? "";
        const next = LINES[index + 1] ?? "";
        assert.equal((await verify(LINES.toSpliced(index, 1))).broken?.line, index + 1, "missing");
        assert.equal((await verify(LINES.toSpliced(index, 0, own))).broken?.line, index + 2, "doubled");
        assert.equal((await verify(LINES.toSpliced(index, 2, next, own))).broken?.line, index + 1, "moved");
      }),
      { numRuns: 30 },
    );
  });

  const noted = ENTRIES.findIndex(({ type }) => type === "RequestDenied");
  const withNote = (change: (note: { salt: string; text: string }, entry: Entry) => void): string[] => {
    const entry = parseEntry(LINES[noted] ?? "");
    const note = entry.notes?.["reason"] ?? assert.fail();
    change(note, entry);
    return LINES.with(noted, JSON.stringify(entry));
  };

  it("counts texts that were erased, and folds without them", async () => {
    const erased = withNote((_, entry) => delete entry.notes);
    assert.deepEqual([(await verify(erased)).broken, (await verify(erased)).erased], [undefined, 1]);
    const ids = erased.map(parseEntry).filter(({ request }) => request === "BG-DEN1ED");
    const state = fold(
      "BG-DEN1ED",
      ids.map(eventOf).filter((event) => event !== undefined),
    );
    assert.equal(state?.denied?.reason, "(erased)");
  });

  it("has no text with half a character in it", () => {
    const denied: NewEvent = { type: "RequestDenied", actor: { via: "cli" }, data: {}, notes: { reason: "no\ud83d" } };
    const { notes } = seal(denied, EMPTY, { request: "BG-DEN1ED", at: 0, salt: () => "s".repeat(22) });
    assert.equal(notes?.["reason"]?.text, "no\ufffd");
  });

  it("finds a text that was changed, added, or that lost letters to its salt", async () => {
    const problem = async (lines: readonly string[]) => {
      const { broken } = await verify(lines);
      assert.equal(broken?.line, noted + 1);
      return broken.problem;
    };
    assert.match(await problem(withNote((note) => (note.text += "!"))), /note "reason" is not the one/);
    const halved = withNote((note, entry) => {
      note.text = "\ufffd";
      entry.noteHashes = { ...entry.noteHashes, reason: noteHash(note.salt, note.text) };
      const { hash: _hash, notes: _notes, ...hashed } = entry;
      entry.hash = sha256(canonicalBytes(hashed));
      note.text = "\ud800";
    });
    assert.match(await problem(halved), /note "reason" is not the one/, "half a character has the bytes of another");
    const added = withNote((note, entry) => (entry.notes = { ...entry.notes, other: note }));
    assert.match(await problem(added), /note "other" is not the one/);

    const shifted = withNote((note) => {
      const before = noteHash(note.salt, note.text);
      note.salt += note.text.slice(0, 4);
      note.text = note.text.slice(4);
      assert.equal(noteHash(note.salt, note.text), before, "the hash alone would not tell");
    });
    assert.match(await problem(shifted), /no entry: notes\.reason\.salt/);
  });
});
