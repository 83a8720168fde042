import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { readRequestId, requestId } from "../../src/domain/request-id.ts";
import { NAUGHTY } from "./naughty.ts";

const bytes = fc.uint8Array({ minLength: 6, maxLength: 32 });

describe("a request's id", () => {
  it("is six digits of Crockford's base32", () => {
    assert.equal(requestId(Uint8Array.of(0, 9, 10, 31, 32, 255)), "BG-09AZ0Z");
    fc.assert(
      fc.property(bytes, (random) => {
        assert.match(requestId(random), /^BG-[0-9A-HJKMNP-TV-Z]{6}$/);
      }),
    );
  });

  it("uses all 30 bits of chance that six digits have", () => {
    const digits = Array.from({ length: 256 }, (_, byte) => requestId(new Uint8Array(6).fill(byte)).slice(-1));
    assert.equal(new Set(digits).size, 32);
  });

  it("is read however a person says it", () => {
    for (const typed of ["BG-7K3M2Q", "bg-7k3m2q", "7k3m2q", " BG7K3M2Q ", "bg7k3m2q"]) {
      assert.equal(readRequestId(typed), "BG-7K3M2Q", typed);
    }
    assert.equal(readRequestId("BG-O1IL0O"), "BG-011100");
    fc.assert(
      fc.property(bytes, (random) => {
        assert.equal(readRequestId(requestId(random).toLowerCase()), requestId(random));
      }),
    );
  });

  it("is nothing else", () => {
    for (const typed of [
      "",
      "BG-",
      "BG-7K3M2",
      "BG-7K3M2QQ",
      "BG-7K3M2U",
      "BG--7K3M2Q",
      "INC-42",
      "7K3 M2Q",
      "７K3M2Q",
    ]) {
      assert.equal(readRequestId(typed), undefined, typed);
    }
    for (const typed of NAUGHTY) {
      const id = readRequestId(typed);
      if (id !== undefined) assert.match(id, /^BG-[0-9A-HJKMNP-TV-Z]{6}$/);
    }
  });
});
