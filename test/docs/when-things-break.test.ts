import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";

const DOCS = join(import.meta.dirname, "../../docs");

describe("docs/when-things-break.md", () => {
  const [, ...parts] = readFileSync(join(DOCS, "when-things-break.md"), "utf8").split(/^## /m);

  it("says under each heading what one sees, what the program does by itself, and what to do; and which tests break it", () => {
    assert.ok(parts.length >= 10);
    for (const part of parts) {
      const [heading = ""] = part.split("\n");
      for (const words of ["**You see:**", "**By itself:**", "**You do:**"]) assert.ok(part.includes(words), heading);
      const tests = [...(/^Tested by (.+)$/m.exec(part)?.[1] ?? "").matchAll(/\]\(([^)]+\.test\.ts)\)/g)];
      assert.ok(tests.length > 0, heading);
      for (const [, path = ""] of tests) assert.ok(existsSync(join(DOCS, path)), `${heading}: ${path}`);
    }
  });
});
