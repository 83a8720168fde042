import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { programPosts } from "../../src/cards/program-posts.ts";
import type { DomainEvent, NewEvent } from "../../src/domain/events.ts";
import { CLOCK } from "../../src/domain/people.ts";
import { REHEARSALS, streamOf } from "../../src/ledger/keys.ts";
import { readableText } from "../support/readable-text.ts";

const recorded = (...events: NewEvent[]): DomainEvent[] =>
  events.map((event, index) => ({ ...event, seq: index + 1, at: 0, hash: String(index).repeat(64) }));

describe("what the security channel hears of the program itself", () => {
  const events = recorded(
    { type: "PolicyLoaded", actor: CLOCK, data: { policy: "p", targets: 1 } },
    { type: "LedgerRecovered", actor: CLOCK, data: { from: 1, to: 40, cause: "emptied" } },
    { type: "LedgerRecovered", actor: CLOCK, data: { from: 41, to: 41, cause: "shortened" } },
    { type: "LedgerForked", actor: CLOCK, data: { seq: 42 } },
  );
  const told = programPosts(events);
  const handle = { request: "BG-0RPHAN", name: "bg_0rphan", ref: "16411" };
  const orphan = recorded(
    { type: "OrphanFound", actor: CLOCK, data: { target: "orders-db", handle } },
    {
      type: "OrphanRevokeFailed",
      actor: CLOCK,
      data: {
        ...{
          target: "orders-db",
          handle,
          code: "TARGET_REFUSED",
          problem: "Postgres refused: permission denied (42501)",
        },
        commands: ['DROP ROLE "bg_0rphan";'],
      },
    },
    { type: "OrphanRevoked", actor: CLOCK, data: { target: "orders-db", handle, done: ["role removed"] } },
  );
  const readOf = (posts: typeof told) =>
    posts.map(({ content }) => ("text" in content ? readableText(content.text, (who) => who) : ""));
  const read = readOf(told);

  it("says what was lost and that it is back, and wakes everyone for a fork", () => {
    assert.equal(read.length, 3);
    assert.match(read[0] ?? "", /^The ledger's Redis was emptied: entries 1 to 40 were written again from a mirror\./);
    assert.match(read[1] ?? "", /^The ledger's Redis lost what came last: entry 41 was written again/);
    assert.match(read[2] ?? "", /^@\w+ 🔴 Redis and a mirror of the ledger disagree from entry 42 on/);
  });

  it("tells of an orphan: what it is, that it could not be ended and how to by hand, and that it is gone", () => {
    assert.deepEqual(readOf(programPosts(orphan)), [
      "🔴 `bg_0rphan` stands at orders-db, and no live request explains it (its mark says BG-0RPHAN). It is taken away.",
      '@channel 🔴 `bg_0rphan` at orders-db could not be taken away (TARGET_REFUSED): Postgres refused: permission denied (42501). Trying again each minute. By hand:\n`DROP ROLE "bg_0rphan";`',
      "`bg_0rphan` at orders-db is gone, and that was checked: role removed.",
    ]);
  });

  it("tells everybody that a drill comes, and the security channel what did not run, and which target is unwell", () => {
    const at = Date.UTC(2026, 10, 24, 3, 12);
    const told = programPosts(
      recorded(
        { type: "DrillPlanned", actor: CLOCK, data: { target: "db", role: "r", person: "p", everyMs: 1, dueAt: at } },
        { type: "DrillAnnounced", actor: CLOCK, data: { target: "db", role: "reader", dueAt: at } },
        { type: "DrillMissed", actor: CLOCK, data: { target: "db", role: "reader", dueAt: at } },
        {
          ...{ type: "DrillMissed", actor: CLOCK },
          data: { target: "db", role: "reader", dueAt: at, code: "LEDGER_CONFLICT", problem: "Too many others" },
        },
        { type: "TargetCheckFailed", actor: CLOCK, data: { target: "db", problems: ["It is down.", "It is old"] } },
        { type: "TargetCheckPassed", actor: CLOCK, data: { target: "db" } },
      ),
    );
    assert.deepEqual(
      told.map(({ lane }) => lane),
      ["incident", "security", "security", "security", "security"],
    );
    assert.deepEqual(
      readOf(told).map((text) => text.replaceAll(/\d{4}-\d\d-\d\d [\d:]+( UTC)?|\d\d:\d\d(:\d\d)?( UTC)?/g, "…")),
      [
        "A drill of reader on db comes …. Every line of it says DRILL, and nobody is handed access.",
        "@channel 🔴 DRILL · The drill of reader on db was due …, and did not run: did a worker? It runs as soon as it can.",
        "@channel 🔴 DRILL · The drill of reader on db was due …, and can't be begun (LEDGER_CONFLICT): Too many others. It runs as soon as it can.",
        "🔴 db does not pass its check, so access to it may not be given or ended: It is down. It is old.",
        "db passes its check again.",
      ],
    );
    // When Redis is filled again from a mirror, each is put back into its own stream.
    for (const type of ["DrillPlanned", "DrillAnnounced", "DrillMissed", "TargetCheckFailed", "TargetCheckPassed"])
      assert.equal(streamOf(type), REHEARSALS);
  });

  it("has a name for each, which later entries don't change", () => {
    const names = (posts: typeof told) => posts.map(({ key }) => key);
    assert.deepEqual(names(programPosts(events.slice(0, 3))), names(told).slice(0, 2));
    assert.equal(new Set(names(told)).size, 3);
    assert.ok(told.every(({ lane, live }) => lane === "security" && !live));
  });
});
