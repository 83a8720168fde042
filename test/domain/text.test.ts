import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cut, list, plainLine, quote } from "../../src/domain/text.ts";
import { HARMFUL, NAUGHTY } from "./naughty.ts";

describe("what a person typed, made plain", () => {
  it("is one line that means what it shows", () => {
    const cases: [string, string][] = [
      ["  INC-42 \t orders\r\n\r\nstuck ", "INC-42 orders stuck"],
      ["safe\u202eexe.txt", "safeexe.txt"],
      ["zero\u200bwidth", "zerowidth"],
      ["bell\u0007 and \u001b[31mred", "bell and [31mred"],
      ["e\u0301", "é"],
      ["half \ud83d", "half \ufffd"],
      ["one\u2028two\u2029three", "one two three"],
      ["non\u00a0breaking", "non breaking"],
      ["<!channel> `code` *bold*", "<!channel> `code` *bold*"],
    ];
    for (const [typed, plain] of cases) assert.equal(plainLine(typed), plain, JSON.stringify(typed));
  });

  it("is harmless, and doesn't change when made plain again, whatever it was", () => {
    const anything = fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom(...NAUGHTY));
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 4 }), (parts) => {
        const plain = plainLine(parts.join(""));
        assert.doesNotMatch(plain, HARMFUL);
        assert.doesNotMatch(plain, /^\s|\s$|\s\s/u);
        assert.equal(plainLine(plain), plain);
      }),
      { numRuns: 500 },
    );
    for (const typed of NAUGHTY) assert.doesNotMatch(plainLine(typed), HARMFUL);
  });

  it("keeps what people write in any script", () => {
    for (const text of ["社會科學院", "Ωραία", "مساء", "Zürich 😀", "naïve — “quoted”"]) {
      assert.equal(plainLine(text), text);
    }
  });
});

describe("a text that is too long", () => {
  it("is cut, but never through the middle of a character", () => {
    assert.equal(cut("abc", 3), "abc");
    assert.equal(cut("abcd", 3), "abc");
    assert.equal(cut("ab😀", 3), "ab");
    assert.equal(cut("ab😀", 4), "ab😀");
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.nat(20), (text, max) => {
        const kept = cut(text, max);
        assert.ok(kept.length <= max && text.startsWith(kept) && kept.isWellFormed());
        assert.ok(kept.length >= Math.min(text.length, max) - 1);
      }),
    );
  });

  it("is repeated to its author short and harmless", () => {
    assert.equal(quote("mars-db"), '"mars-db"');
    for (const typed of NAUGHTY) {
      assert.ok(quote(typed).length <= 42);
      assert.doesNotMatch(quote(typed), HARMFUL);
    }
  });
});

describe("names in a sentence", () => {
  it("are joined as people write them", () => {
    assert.deepEqual(
      [[], ["dba"], ["dba", "leads"], ["dba", "leads", "ops"]].map((names) => list(names, "or")),
      ["", "dba", "dba or leads", "dba, leads or ops"],
    );
    assert.equal(list(["dba", "leads"], "and"), "dba and leads");
  });
});
