import assert from "node:assert/strict";
import { describe, it } from "node:test";
import canonicalize from "canonicalize";
import fc from "fast-check";
import { canonicalBytes, canonicalText, isPlain } from "../../src/ledger/canonical.ts";
import { EMPTY, eventOf, parseEntry, seal, type Entry } from "../../src/ledger/entry.ts";
import { verify } from "../../src/ledger/verify.ts";
import { fold } from "../../src/domain/request.ts";
import { CodedError } from "../../src/errors.ts";
import { ask, by, ID, Scene } from "../support/scene.ts";

/** A request's life as ledger lines, with a fixed clock and salts. */
function lines(): string[] {
  const scene = new Scene();
  scene.when(ask());
  scene.when({ type: "Approve", by: by("carol") });
  scene.granted();
  scene.when({ type: "RevokeNow", by: by("bob"), reason: "wrong database" });
  let head = EMPTY;
  return scene.events.map((event, index) => {
    const entry = seal(event, head, { request: ID, at: event.at, salt: () => String(index).padStart(22, "s") });
    head = { seq: entry.seq, hash: entry.hash };
    return JSON.stringify(entry);
  });
}

const changed = (line: string, change: (entry: Entry) => void): string => {
  const entry = parseEntry(line);
  change(entry);
  return JSON.stringify(entry);
};

describe("a ledger", () => {
  it("holds, and folds back into the request", async () => {
    const whole = lines();
    const found = await verify(whole);
    assert.deepEqual([found.broken, found.head.seq, found.erased], [undefined, whole.length, 0]);
    const events = whole.map((line) => eventOf(parseEntry(line))).filter((event) => event !== undefined);
    const state = fold(ID, events);
    assert.equal(state?.phase, "ending");
    assert.equal(state.ending?.reason, "wrong database");
    assert.equal(state.justification, "INC-42 orders stuck");
  });

  it("with a line that is nested deeper than it can be written down, is broken there", async () => {
    const whole = lines();
    const deep = `"deep":${"[".repeat(20_000)}${"]".repeat(20_000)},"seq"`;
    const { broken } = await verify(whole.with(1, (whole[1] ?? "").replace('"seq"', deep)));
    assert.deepEqual(broken, { line: 2, problem: "entry is nested too deeply." });
  });

  it("names the first line that was changed, removed, doubled or moved, and what is wrong with it", async () => {
    const whole = lines();
    const second = whole[1] ?? "";
    const cases: [string, string[], number, RegExp][] = [
      [
        "changed",
        whole.with(
          1,
          changed(second, (entry) => (entry.at = "2026-11-23T03:12:10.000Z")),
        ),
        2,
        /was changed/,
      ],
      [
        "another actor",
        whole.with(
          1,
          changed(second, (entry) => (entry.actor.person = "mallory")),
        ),
        2,
        /was changed/,
      ],
      ["removed", whole.toSpliced(1, 1), 2, /missing, doubled or moved/],
      ["doubled", whole.toSpliced(1, 0, second), 3, /missing, doubled or moved/],
      ["moved", whole.with(1, whole[2] ?? "").with(2, second), 2, /missing, doubled or moved/],
      ["no JSON", whole.with(2, "{"), 3, /not JSON/],
      ["a changed note", whole.with(0, (whole[0] ?? "").replace("INC-42", "INC-43")), 1, /note "justification"/],
      ["a new chain from the middle", whole.slice(1), 1, /Entry 1 was expected/],
    ];
    for (const [what, broken, line, problem] of cases) {
      const found = await verify(broken);
      assert.equal(found.broken?.line, line, what);
      assert.match(found.broken.problem, problem, what);
    }
  });

  it("holds without a note that was erased, and says so", async () => {
    const whole = lines();
    const erased = whole.with(
      0,
      changed(whole[0] ?? "", (entry) => delete entry.notes),
    );
    const found = await verify(erased);
    assert.equal(found.broken, undefined);
    assert.equal(found.erased, 1);
  });

  it("refuses what has no exact canonical form", () => {
    for (const value of [1.5, Number.NaN, 2 ** 53, -0, "\ud800", undefined, () => 1]) {
      assert.throws(
        () => canonicalBytes({ value }),
        (error) => error instanceof CodedError && error.code === "ENTRY_INVALID",
      );
    }
    assert.equal(canonicalBytes({ b: 1, a: [true, null, "ä"] }).toString(), '{"a":[true,null,"ä"],"b":1}');
  });

  it("has the canonical form that others' RFC 8785 writes, whatever the keys and texts", () => {
    const text = fc.string({
      unit: fc.oneof(
        fc.string({ unit: "grapheme", minLength: 1 }),
        fc.constantFrom("\u2028", '"', "\\", "\u0001", "\u007f"),
      ),
    });
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 4 },
        ...[text, fc.maxSafeInteger(), fc.boolean(), fc.constant(null)],
        ...[fc.array(tie("value")), fc.dictionary(text, tie("value"))],
      ),
    }));
    fc.assert(
      fc.property(value, (each) => {
        const theirs = canonicalize({ each });
        assert.equal(canonicalBytes({ each }).toString(), theirs);
        const line = JSON.stringify({ each });
        assert.equal(canonicalText(JSON.parse(line) as object, { isPlain: isPlain(line) }), theirs, "as it is read");
      }),
    );
  });
});
