import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { CLOCK } from "../../src/domain/people.ts";
import { recordedBegun, type Begun } from "../../src/domain/recorded.ts";
import { KINDS } from "../../src/domain/sql/classify.ts";
import { SHOWN_MAX, Tally } from "../../src/domain/tally.ts";
import { EMPTY, ENTRY_MAX_BYTES, hashedText, seal } from "../../src/ledger/entry.ts";

describe("a digest", () => {
  it("says of a text that is cut what it does, for that may stand behind a long comment", () => {
    const tally = new Tally();
    const sql = `/* ${"x".repeat(400)} */ SELECT 1; DELETE FROM orders WHERE id < 90`;
    tally.add(recordedBegun(1, { at: 1, session: "1", from: "", sql }, []));
    const { notes } = tally.digest("gateway", { file: "BG-7K3M2Q.a-1.ndjson", size: 1, sha256: "ab".repeat(32) });
    assert.match(notes["statement.1"] ?? "", /^\/\* x{297}… \(DELETE, SELECT\)$/);
  });

  it("fits into an entry, however long the names are, and however many statements, sessions and addresses", () => {
    const tally = new Tally();
    for (let n = 1; n <= 5_000; n += 1) {
      const kind = KINDS[n % KINDS.length] ?? "other";
      const tables = [`${"漢".repeat(200)}${n}`, `"${n}`.repeat(60)].map((name, index) => `${index}${n}${name}`);
      const line: Begun = {
        ...{
          n,
          at: n,
          session: "漢".repeat(90) + String(n),
          from: `${"ü".repeat(90)}${n}`,
          sql: "漢\u0000".repeat(100_000),
        },
        ...{ kinds: { [kind]: 1 }, does: [{ kind, verb: "漢".repeat(40), tables, everyRow: true }] },
      };
      tally.add(line);
    }
    const { data, notes } = tally.digest("gateway", { file: "BG-7K3M2Q.a-1.ndjson", size: 1, sha256: "ab".repeat(32) });
    assert.equal(data.statements, 5_000);
    assert.equal(data.shown.length, SHOWN_MAX);
    assert.equal(data.more, 5_000 - SHOWN_MAX);
    const event = { type: "CommandsObserved", actor: CLOCK, data, notes } as const;
    const entry = seal(event, EMPTY, { request: "BG-7K3M2Q", at: 0, salt: () => "AAAAAAAAAAAAAAAAAAAAAA" });
    assert.ok(Buffer.byteLength(hashedText(entry)) < ENTRY_MAX_BYTES);
    assert.ok(Buffer.byteLength(JSON.stringify(entry)) < ENTRY_MAX_BYTES + 10_000);
  });
});
