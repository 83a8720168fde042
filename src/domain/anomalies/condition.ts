/** How the selections of a rule belong together. */
export type Condition =
  | { readonly is: "name"; readonly name: string }
  | { readonly is: "not"; readonly of: Condition }
  | { readonly is: "and" | "or"; readonly of: readonly Condition[] }
  /** `1 of read_*`, `all of them`. */
  | { readonly is: "some" | "every"; readonly names: readonly string[] };

/** What is wrong with a condition, in words. */
export class ConditionError extends Error {}

const DEPTH_MAX = 20;

/**
 * Reads a condition as Sigma has it: names of selections with `and`, `or`, `not`, parentheses, `1 of` and `all of`.
 *
 * @param text - as written
 * @param names - the selections there are
 * @throws {@link ConditionError}
 */
export function parseCondition(text: string, names: readonly string[]): Condition {
  const words = text.match(/[()]|[^\s()]+/g) ?? [];
  let at = 0;
  const next = () => words[at]?.toLowerCase();

  const or = (depth: number): Condition => joined("or", depth, and);
  const and = (depth: number): Condition => joined("and", depth, not);
  const joined = (word: "and" | "or", depth: number, part: (depth: number) => Condition): Condition => {
    if (depth > DEPTH_MAX) throw new ConditionError("The condition is nested too deep.");
    const parts = [part(depth)];
    while (next() === word) {
      at += 1;
      parts.push(part(depth));
    }
    const [only] = parts;
    return parts.length === 1 && only !== undefined ? only : { is: word, of: parts };
  };
  const not = (depth: number): Condition => {
    if (depth > DEPTH_MAX) throw new ConditionError("The condition is nested too deep.");
    if (next() !== "not") return one(depth);
    at += 1;
    return { is: "not", of: not(depth + 1) };
  };
  const one = (depth: number): Condition => {
    const word = words[at];
    if (word === undefined) throw new ConditionError("The condition ends too soon.");
    at += 1;
    if (word === "(") {
      const inner = or(depth + 1);
      if (words[at] !== ")") throw new ConditionError("A parenthesis is not closed.");
      at += 1;
      return inner;
    }
    if (["1", "any", "all"].includes(word.toLowerCase()) && next() === "of") {
      at += 1;
      return several(word.toLowerCase() === "all" ? "every" : "some");
    }
    if (!names.includes(word))
      throw new ConditionError(`"${word}" is none of the rule's selections (${names.join(", ")}).`);
    return { is: "name", name: word };
  };
  const several = (is: "some" | "every"): Condition => {
    const pattern = words[at] ?? "";
    at += 1;
    const found = pattern === "them" ? names : names.filter((name) => isLike(name, pattern));
    if (found.length === 0) throw new ConditionError(`No selection is called ${pattern || "anything"}.`);
    return { is, names: found };
  };

  const condition = or(0);
  if (at < words.length) throw new ConditionError(`"${words[at] ?? ""}" is not expected here.`);
  return condition;
}

/** Whether a condition holds. @param holds - whether a selection does */
export function conditionHolds(condition: Condition, holds: (name: string) => boolean): boolean {
  switch (condition.is) {
    case "name":
      return holds(condition.name);
    case "not":
      return !conditionHolds(condition.of, holds);
    case "and":
      return condition.of.every((each) => conditionHolds(each, holds));
    case "or":
      return condition.of.some((each) => conditionHolds(each, holds));
    case "every":
      return condition.names.every(holds);
    case "some":
      return condition.names.some(holds);
  }
}

/** Whether a text is like a pattern in which `*` stands for any number of characters and `?` for one; upper and lower case are the same. */
export function isLike(text: string, pattern: string): boolean {
  const [of, like] = [text.toLowerCase(), pattern.toLowerCase()];
  let at = 0;
  let star = -1;
  let mark = 0;
  let inPattern = 0;
  while (at < of.length) {
    if (
      inPattern < like.length &&
      (like[inPattern] === "?" || (like[inPattern] !== "*" && like[inPattern] === of[at]))
    ) {
      at += 1;
      inPattern += 1;
    } else if (like[inPattern] === "*") {
      star = inPattern;
      mark = at;
      inPattern += 1;
    } else if (star >= 0) {
      inPattern = star + 1;
      mark += 1;
      at = mark;
    } else return false;
  }
  while (like[inPattern] === "*") inPattern += 1;
  return inPattern === like.length;
}
