import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "oxfmt";

const FIXTURES = join(import.meta.dirname, "../fixtures");

/**
 * Holds a text against the file of that name in `test/fixtures`. When a change is meant, `GOLDEN=write` writes the files
 * anew, and the difference is read before it is kept.
 */
export function golden(name: string, actual: string): void {
  const path = join(FIXTURES, name);
  if (process.env["GOLDEN"] === "write") writeFileSync(path, actual);
  assert.equal(actual, readFileSync(path, "utf8"), `${name} is no longer what it was`);
}

/** The same for something that is written as JSON, formatted for people. */
export async function goldenJson(name: string, actual: unknown): Promise<void> {
  const { code } = await format(name, JSON.stringify(actual), { printWidth: 120 });
  golden(name, code);
}
