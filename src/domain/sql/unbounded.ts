import { signAt, wordAt, type Statement } from "./statements.ts";

/** Words that may follow what a condition says. */
const AFTER = new Set(["RETURNING", "ORDER", "LIMIT", "WHEN"]);
/** Before these words UPDATE changes no table. */
const NO_VERB = new Set(["FOR", "KEY", "DO", "ON", "THEN"]);
/** So many are looked at in one statement; with more than that nobody can say. */
const LOOKED_AT = 50;
/** A condition with more pieces than that is somebody's work, and says something. */
const CONDITION_MAX = 200;

/**
 * Whether an UPDATE, a DELETE or a MERGE in a statement means every row: it has no condition, or one that always holds.
 *
 * @returns undefined where there is none of them
 */
export function isUnbounded(all: Statement): boolean | undefined {
  const verbs = [...all.keys()].filter((index) => isVerb(all, index));
  if (verbs.length === 0) return undefined;
  return verbs.length > LOOKED_AT || verbs.some((index) => !hasCondition(all, index));
}

function isVerb(all: Statement, index: number): boolean {
  const word = wordAt(all, index);
  if (word === "DELETE") return wordAt(all, index + 1) === "FROM";
  if (word === "MERGE") return wordAt(all, index + 1) === "INTO";
  return word === "UPDATE" && !NO_VERB.has(wordAt(all, index - 1));
}

function hasCondition(all: Statement, from: number): boolean {
  const depth = all[from]?.depth ?? 0;
  const before = wordAt(all, from) === "MERGE" ? "ON" : "WHERE";
  for (let at = from + 1; at < all.length; at += 1) {
    if ((all[at]?.depth ?? 0) < depth) return false;
    if (all[at]?.depth === depth && wordAt(all, at) === before) return !alwaysHolds(conditionFrom(all, at + 1));
  }
  return false;
}

function conditionFrom(all: Statement, start: number): Statement {
  const depth = all[start - 1]?.depth ?? 0;
  let end = start;
  while (end < all.length && end - start <= CONDITION_MAX && (all[end]?.depth ?? 0) >= depth) {
    if (all[end]?.depth === depth && (AFTER.has(wordAt(all, end)) || signAt(all, end) === ")")) break;
    end += 1;
  }
  return all.slice(start, end);
}

/** `true`, `(1 = 1)`, `id = id`, `id = 7 OR NOT false`: what can be told without knowing a row. */
function alwaysHolds(condition: Statement): boolean {
  if (condition.length === 0 || condition.length > CONDITION_MAX) return false;
  const depth = Math.min(...condition.map((piece) => piece.depth));
  const parts = (word: string) =>
    split(condition, (at) => condition[at]?.depth === depth && wordAt(condition, at) === word);
  const either = parts("OR");
  if (either.length > 1) return either.some(alwaysHolds);
  const both = parts("AND");
  if (both.length > 1) return both.every(alwaysHolds);
  if (isInParentheses(condition, depth)) return alwaysHolds(condition.slice(1, -1));
  const sides = split(condition, (at) => signAt(condition, at) === "=").map(textOf);
  return isConstant(condition) || (sides.length === 2 && sides[0] === sides[1] && !sides[0]?.includes("("));
}

function isInParentheses(condition: Statement, depth: number): boolean {
  const inner = condition.slice(1, -1);
  return signAt(condition, 0) === "(" && inner.length > 0 && inner.every((piece) => piece.depth > depth);
}

/** It speaks of no column. One that never holds is taken for one that does: nobody writes it. */
function isConstant(condition: Statement): boolean {
  return condition.every(({ type }, at) => {
    if (type === "number" || type === "string" || type === "symbol") return true;
    const word = wordAt(condition, at);
    const isNegated = wordAt(condition, at - 1) === "NOT";
    return word === "NOT" ? wordAt(condition, at + 1) === "FALSE" : word === (isNegated ? "FALSE" : "TRUE");
  });
}

function split(all: Statement, isBetween: (at: number) => boolean): Statement[] {
  const parts: Statement[] = [];
  let from = 0;
  for (const at of all.keys())
    if (isBetween(at)) {
      parts.push(all.slice(from, at));
      from = at + 1;
    }
  return [...parts, all.slice(from)];
}

function textOf(all: Statement): string {
  return all.map(({ text }) => text).join(" ");
}
