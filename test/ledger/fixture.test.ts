import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import fc from "fast-check";
import { EVENT_DATA, type NewEvent } from "../../src/domain/events.ts";
import { fold } from "../../src/domain/request.ts";
import { EMPTY, eventOf, noteHash, parseEntry, seal, type Entry } from "../../src/ledger/entry.ts";
import { verify } from "../../src/ledger/verify.ts";

const LINES: readonly string[] = readFileSync(join(import.meta.dirname, "../fixtures/ledger-v1.jsonl"), "utf8")
  .trimEnd()
  .split("\n");
const ENTRIES = LINES.map(parseEntry);

describe("the ledger as the first version wrote it", () => {
  it("verifies, and its head is the one that was pinned", async () => {
    assert.deepEqual(await verify(LINES), {
      head: { seq: 58, hash: "55fb34906d4b8fcefa85619c9091f7e253148bf1e9bc57009567fe9254cc37e1" },
      root: "61Qi/jgLnVeyDVV3BQMLLN9abkCD79XgOaupR8OZ5aU=",
      erased: 0,
      silences: [],
    });
  });

  it("has one of everything that version had, and folds into the same requests as then", () => {
    const since = Object.keys(EVENT_DATA).filter((type) =>
      /^(Key|StepUp|Account|Rotation|Offline|CredentialUndelivered$|CredentialRotat|Review|FollowUp|Commands|Anomaly|Drill|TargetCheck|Insights)/.test(
        type,
      ),
    );
    assert.deepEqual(new Set([...ENTRIES.map(({ type }) => type), ...since]), new Set(Object.keys(EVENT_DATA)));
    const ids = [...new Set(ENTRIES.flatMap(({ request = [] }) => request))];
    const states = ids.map((id) => {
      const events = ENTRIES.filter(({ request }) => request === id).map(eventOf);
      const state = fold(
        id,
        events.filter((event) => event !== undefined),
      );
      return [id, state?.phase, state?.approvals.length, state?.ending?.cause, state?.lateMs];
    });
    assert.deepEqual(states, [
      ["BG-7K3M2Q", "ended", 1, "deadline", 340],
      ["BG-TR0VBX", "ended", 0, "ordered", 320_000],
      ["BG-DEN1ED", "denied", 0, undefined, undefined],
      ["BG-W1THDR", "withdrawn", 0, undefined, undefined],
      ["BG-0APSED", "lapsed", 0, undefined, undefined],
      ["BG-EAR0Y1", "ended", 1, "ended", 300],
      ["BG-T00ATE", "ended", 1, "late", 300],
      ["BG-FA10ED", "ended", 0, "failed", 1_000],
      ["BG-DR1FTS", "ended", 0, "deadline", 50],
    ]);
  });

  it("is what this version writes of the same events, byte for byte", () => {
    let head = EMPTY;
    for (const [index, entry] of ENTRIES.entries()) {
      const salts = Object.values(entry.notes ?? {}).map(({ salt }) => salt);
      const event = eventOf(entry) as NewEvent;
      const sealed = seal(event, head, {
        request: entry.request,
        at: Date.parse(entry.at),
        salt: () => salts.shift() ?? "",
      });
      assert.equal(JSON.stringify(sealed), LINES[index]);
      head = { seq: sealed.seq, hash: sealed.hash };
    }
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

  it("finds a text that was changed, added, or that lost letters to its salt", async () => {
    const problem = async (lines: readonly string[]) => {
      const { broken } = await verify(lines);
      assert.equal(broken?.line, noted + 1);
      return broken.problem;
    };
    assert.match(await problem(withNote((note) => (note.text += "!"))), /note "reason" is not the one/);
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
