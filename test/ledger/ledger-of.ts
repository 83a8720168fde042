import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { NewEvent } from "../../src/domain/events.ts";
import { EMPTY, eventOf, parseEntry, seal, type Head } from "../../src/ledger/entry.ts";

const FIXTURE = join(import.meta.dirname, "../fixtures/ledger-v1.jsonl");

/** A ledger of so many entries, of all that can be in one. */
export function ledgerOf(count: number, salt = "s"): string[] {
  const entries = readFileSync(FIXTURE, "utf8").trimEnd().split("\n").map(parseEntry);
  const lines: string[] = [];
  let head: Head = EMPTY;
  for (let index = 0; index < count; index += 1) {
    const entry = entries[index % entries.length] ?? assert.fail();
    const event = eventOf(entry) as NewEvent;
    const sealed = seal(event, head, { request: entry.request, at: Date.parse(entry.at), salt: () => salt.repeat(22) });
    lines.push(JSON.stringify(sealed));
    head = sealed;
  }
  return lines;
}
