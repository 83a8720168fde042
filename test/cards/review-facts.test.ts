import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { requestLine } from "../../src/cards/answers.ts";
import { reviewFacts } from "../../src/cards/review-questions.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { approvedBy, at, by, granted, MINUTE, opened, stateOf, T0, type Happened } from "../domain/given.ts";
import { LIVES, ran } from "../domain/lives.ts";
import { readableText } from "../support/readable-text.ts";

const seen = ({ after, event }: Happened): Happened =>
  event.type === "RequestOpened"
    ? { after, event: { ...event, data: { ...event.data, verdict: { ...event.data.verdict, recorded: true } } } }
    : { after, event };
const END = [
  at(10 * MINUTE, { type: "RevokeStarted", actor: by("alice"), data: { cause: "ended", endAt: T0 + 10 * MINUTE } }),
  at(10 * MINUTE, { type: "RevokeSucceeded", actor: CLOCK, data: { lateMs: 0, attempt: 1, done: [] } }),
] as const;
const ON = [opened(), approvedBy("carol"), ...granted(15 * MINUTE, MINUTE)];

const facts = (...life: readonly Happened[]) =>
  reviewFacts(stateOf(...life))
    .slice(2)
    .map((text) => readableText(text, (person) => person));

describe("a request's line in /breakglass status", () => {
  it("says how much was run while access is on, and how much of it was unusual", () => {
    const line = (...life: readonly Happened[]) => readableText(requestLine(stateOf(...life)), (person) => person);
    assert.doesNotMatch(line(...ON), /ran/);
    assert.match(line(...ON, ran(2 * MINUTE, [{ sql: "SELECT 1" }])), / · 1 statement ran$/);
    assert.match(line(...LIVES["with-what-was-run"]), / · 21 statements ran, 3 unusual$/);
    assert.doesNotMatch(line(...ON, ran(2 * MINUTE, [{ sql: "SELECT 1" }]), ...END), /ran/);
  });
});

describe("what a reviewer is shown of what was run", () => {
  it("is what was run, by kind, and how long nothing was", () => {
    const digest = ran(2 * MINUTE, [
      { sql: "SELECT * FROM lines", ended: { ms: 60_000, rows: 12 } },
      { sql: "UPDATE orders SET a = 1 WHERE b", ended: { ms: 1, rows: 97 } },
      { sql: "DROP TABLE x", ended: { ms: 1, error: { code: "42501", message: "no" } } },
    ]);
    assert.deepEqual(facts(...ON, digest, ...END), [
      "3 statements ran: 1 SELECT, 1 UPDATE (97 rows), 1 DDL. 1 failed. Tables: lines, orders and x. Nothing ran for 8 min of it.",
    ]);
  });

  it("says that it was never used, where that would be seen, and nothing where it wouldn't", () => {
    assert.deepEqual(facts(...ON.map(seen), ...END), ["Nothing was run: it was never used."]);
    assert.deepEqual(facts(...ON, ...END), []);
  });

  it("says where it is best effort, and what was unusual", () => {
    const [ranLine, unusual] = facts(...ON, ran(MINUTE, [{ sql: "SELECT 1" }], "sample"), ...END);
    assert.match(ranLine ?? "", /as far as the server's log or samples tell/);
    assert.equal(unusual, undefined);
    const told = facts(...LIVES["with-what-was-run"], ...END);
    assert.match(
      told.at(-1) ?? "",
      /^Unusual: A statement changes every row \(high\); First time on this target \(informational\); /,
    );
  });
});
