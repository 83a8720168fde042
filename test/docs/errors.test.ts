import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { CODES } from "../../src/errors.ts";

const text = readFileSync(join(import.meta.dirname, "../../docs/errors.md"), "utf8");
/** Each `### CODE` with what stands under it. */
const sections = new Map(
  text
    .split(/^### /m)
    .slice(1)
    .map((section): [string, string] => {
      const [code = "", ...rest] = section.split("\n");
      return [code, rest.join("\n").split(/^## /m)[0]?.trim() ?? ""];
    }),
);

describe("docs/errors.md", () => {
  it("explains each code, in the order of src/errors.ts, and no other", () => {
    assert.deepEqual([...sections.keys()], Object.keys(CODES));
  });

  for (const [code, meaning] of Object.entries(CODES)) {
    it(`says of ${code} what it means, what is seen, why, and what to do next`, () => {
      const section = sections.get(code) ?? "";
      assert.equal(section.split("\n")[0], meaning);
      for (const part of ["What you see", "Why", "What to do"]) {
        assert.match(section, new RegExp(`^- \\*\\*${part}:\\*\\* \\S`, "m"), `${code} has no "${part}"`);
      }
    });
  }

  it("says what to do instead while nothing can be recorded", () => {
    assert.match(sections.get("LEDGER_UNAVAILABLE") ?? "", /3 a\.m\./);
  });
});
