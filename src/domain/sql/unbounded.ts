import { signAt, wordAt, type Statement } from "./statements.ts";

/** Words that may follow what a condition says. */
const AFTER = new Set(["RETURNING", "ORDER", "LIMIT"]);
/** Before these words UPDATE changes no table. */
const NO_VERB = new Set(["FOR", "KEY", "DO", "ON", "THEN"]);
/** So many are looked at in one statement; with more than that nobody can say. */
const LOOKED_AT = 50;

/**
 * Whether an UPDATE or a DELETE in a statement means every row: it has no condition, or one that always holds.
 *
 * @returns undefined where there is neither
 */
export function isUnbounded(all: Statement): boolean | undefined {
  const verbs = [...all.keys()].filter((index) => isVerb(all, index));
  if (verbs.length === 0) return undefined;
  return verbs.length > LOOKED_AT || verbs.some((index) => !hasCondition(all, index));
}

function isVerb(all: Statement, index: number): boolean {
  const word = wordAt(all, index);
  if (word === "DELETE") return wordAt(all, index + 1) === "FROM";
  return word === "UPDATE" && !NO_VERB.has(wordAt(all, index - 1));
}

function hasCondition(all: Statement, from: number): boolean {
  const depth = all[from]?.depth ?? 0;
  for (let at = from + 1; at < all.length; at += 1) {
    if ((all[at]?.depth ?? 0) < depth) return false;
    if (all[at]?.depth === depth && wordAt(all, at) === "WHERE") return !alwaysHolds(all, at + 1);
  }
  return false;
}

/** `WHERE true`, `WHERE 1 = 1`. */
function alwaysHolds(all: Statement, at: number): boolean {
  const isEnd = (index: number) =>
    all[index] === undefined || signAt(all, index) === ")" || AFTER.has(wordAt(all, index));
  if (wordAt(all, at) === "TRUE") return isEnd(at + 1);
  const [one, , other] = all.slice(at, at + 3);
  const isNumber = one?.type === "number" && other?.type === "number" && one.text === other.text;
  return isNumber && signAt(all, at + 1) === "=" && isEnd(at + 3);
}
