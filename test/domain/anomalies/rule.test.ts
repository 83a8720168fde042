import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isLike, parseCondition, conditionHolds } from "../../../src/domain/anomalies/condition.ts";
import { judge } from "../../../src/domain/anomalies/judge.ts";
import { readRule, type Rule } from "../../../src/domain/anomalies/rule.ts";
import type { Category, Facts } from "../../../src/domain/anomalies/facts.ts";

const RULE = `
title: Something
id: 0b6f8a3e-5f0e-4b61-9c3e-2f8a64d0c9b1
level: high
description: It happens.
logsource: { product: breakglass, category: statement }
detection:
  it: { kind: UPDATE }
  condition: it
action: tell
`;
const withDetection = (detection: string, category = "statement") =>
  RULE.replace(/detection:[\s\S]*?action/, `detection:\n${detection}\naction`).replace(
    "category: statement",
    `category: ${category}`,
  );

function ruleOf(text: string): Rule {
  const read = readRule(text);
  assert.ok("rule" in read, JSON.stringify(read));
  return read.rule;
}

function problemsOf(text: string): readonly string[] {
  const read = readRule(text);
  assert.ok("problems" in read);
  return read.problems;
}

function fits(detection: string, facts: Facts, category: Category = "statement"): boolean {
  const rule = ruleOf(withDetection(detection, category));
  return judge([rule], category, facts, { known: new Set(), at: Date.UTC(2026, 10, 23, 3) }).length === 1;
}

describe("a rule of anomalies", () => {
  it("holds its facts against values as Sigma does", () => {
    const cases: readonly (readonly [string, Facts, boolean])[] = [
      ["  it: { kind: UPDATE }\n  condition: it", { kind: "UPDATE" }, true],
      ["  it: { kind: update }\n  condition: it", { kind: "UPDATE" }, true],
      ["  it: { kind: [INSERT, UPDATE] }\n  condition: it", { kind: "UPDATE" }, true],
      ["  it: { kind: UPDATE, everyRow: true }\n  condition: it", { kind: "UPDATE", everyRow: false }, false],
      ["  it: { kind: UPDATE, everyRow: true }\n  condition: it", { kind: "UPDATE" }, false],
      ["  it: [{ kind: INSERT }, { everyRow: true }]\n  condition: it", { kind: "UPDATE", everyRow: true }, true],
      ["  it: { tables: orders }\n  condition: it", { tables: ["lines", "orders"] }, true],
      ["  it: { tables: orders }\n  condition: it", { tables: ["orders_old"] }, false],
      ['  it: { tables: "orders*" }\n  condition: it', { tables: ["orders_old"] }, true],
      ["  it: { tables|contains: [secret, token] }\n  condition: it", { tables: ["app.API_TOKENS"] }, true],
      ["  it: { tables|contains|all: [a, b] }\n  condition: it", { tables: ["a", "b"] }, true],
      ["  it: { tables|contains|all: [a, b] }\n  condition: it", { tables: ["a"] }, false],
      ["  it: { verb|startswith: COPY }\n  condition: it", { verb: "COPY TO" }, true],
      ["  it: { verb|endswith: COPY }\n  condition: it", { verb: "COPY TO" }, false],
      ["  it: { rows|gte: 10 }\n  condition: it", { rows: 10 }, true],
      ["  it: { rows|gt: 10 }\n  condition: it", { rows: 10 }, false],
      ["  it: { rows|lt: 10 }\n  condition: it", { rows: 9 }, true],
      ["  it: { rows|lte: 10 }\n  condition: it", {}, false],
      ["  a: { kind: X }\n  b: { rows: 1 }\n  condition: not a and b", { kind: "Y", rows: 1 }, true],
      ["  a: { kind: X }\n  b: { rows: 1 }\n  condition: not (a or b)", { kind: "Y", rows: 1 }, false],
      ["  a_1: { kind: X }\n  a_2: { rows: 1 }\n  b: { ms: 1 }\n  condition: 1 of a_*", { rows: 1 }, true],
      ["  a_1: { kind: X }\n  a_2: { rows: 1 }\n  b: { ms: 1 }\n  condition: all of a_*", { rows: 1 }, false],
      ["  a: { kind: X }\n  b: { rows: 1 }\n  condition: all of them", { kind: "x", rows: 1 }, true],
    ];
    for (const [detection, facts, expected] of cases)
      assert.equal(fits(detection, facts), expected, `${detection} ${JSON.stringify(facts)}`);
  });

  it("knows the hour and the day of its own time zone", () => {
    const night = "  it: { hour: 4, weekday: mon }\n  condition: it";
    assert.equal(fits(night, {}, "grant"), false);
    const rule = ruleOf(`${withDetection(night, "grant")}timezone: Europe/Berlin\n`);
    assert.equal(judge([rule], "grant", {}, { known: new Set(), at: Date.UTC(2026, 10, 23, 3) }).length, 1);
  });

  it("is raised once, and tells of the facts that it looks at and no others", () => {
    const rule = ruleOf(withDetection("  it: { tables|contains: secret }\n  condition: it"));
    const facts = { tables: ["secrets", "\u202eb", ...Array<string>(10).fill("x")], verb: "SELECT" };
    const [raised, ...more] = judge([rule], "statement", facts, { known: new Set(), at: 0, statement: 7 });
    assert.deepEqual(more, []);
    assert.deepEqual(raised?.data.facts, { tables: ["secrets", "b", "x", "x", "x"] });
    assert.equal(raised.data.statement, 7);
    assert.deepEqual(judge([rule], "statement", facts, { known: new Set([rule.id]), at: 0 }), []);
    assert.deepEqual(judge([rule], "use", facts, { known: new Set(), at: 0 }), []);
  });

  it("that is wrong says where, and what would be right", () => {
    const wrong: readonly (readonly [string, RegExp])[] = [
      [
        withDetection("  it: { knid: UPDATE }\n  condition: it"),
        /^detection\.it\.knid: There is no fact knid of statement; kind\?$/,
      ],
      [withDetection("  it: { hour: 3 }\n  condition: it"), /There is no fact hour of statement: there are target, /],
      [withDetection("  it: { kind|like: U }\n  condition: it"), /no modifier like: there are contains,/],
      [withDetection("  it: { kind|gt: 3 }\n  condition: it"), /kind is no number/],
      [withDetection("  it: { rows|gt: many }\n  condition: it"), /rows is a number/],
      [withDetection("  it: { everyRow: 1 }\n  condition: it"), /everyRow is a yes or no/],
      [withDetection("  it: { kind: X }\n  condition: that"), /"that" is none of the rule's selections \(it\)/],
      [withDetection("  it: { kind: X }\n  condition: it and"), /ends too soon/],
      [withDetection("  it: { kind: X }\n  condition: (it"), /not closed/],
      [withDetection("  it: { kind: X }\n  condition: it it"), /"it" is not expected/],
      [withDetection("  it: { kind: X }\n  condition: 1 of no_*"), /No selection is called no_\*/],
      [withDetection(`  it: { kind: X }\n  condition: ${"not ".repeat(50)}it`), /too deep|nested/],
      [withDetection("  condition: it"), /at least one selection/],
      [withDetection("  it: { kind: X }"), /needs a condition/],
      [RULE.replace("level: high", "level: awful"), /^level: A level is one of/],
      [RULE.replace("action: tell", "action: explode"), /^action: An action is tell/],
      [RULE.replace("0b6f8a3e", "x"), /^id: An id is a UUID/],
      [`${RULE}timezone: Mars/Phobos\n`, /^timezone: A time zone is one of IANA's/],
      [`${RULE}colour: red\n`, /^colour: /],
      ["a: [", /Flow sequence|flow collection/i],
      ["", /./],
      ["&a [*a]", /./],
    ];
    for (const [text, problem] of wrong) assert.match(problemsOf(text).join("\n"), problem, text);
  });

  it("can have a star for anything, and takes no time for it", () => {
    assert.ok(isLike("pg_read_binary_file", "PG_READ_*"));
    assert.ok(!isLike("pg_read", "pg_read_*"));
    assert.ok(isLike("abc", "a?c"));
    assert.ok(!isLike("a".repeat(50_000), `${"*a".repeat(50)}b`));
    const condition = parseCondition("not a", ["a"]);
    assert.ok(conditionHolds(condition, () => false));
  });
});
