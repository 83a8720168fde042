import { isLike } from "./condition.ts";
import type { Fact, Facts } from "./facts.ts";

/** What a fact is asked. */
export interface Test {
  readonly fact: string;
  readonly how: keyof typeof MODIFIERS | "is";
  readonly values: readonly (string | number | boolean)[];
  /** Whether every value has to fit, and not only one. */
  readonly every: boolean;
}

/** Alternatives, each of which is a list of tests that have to hold together. */
export type Selection = readonly (readonly Test[])[];

type Fits = (fact: string | number | boolean, value: string | number | boolean) => boolean;
const asNumbers =
  (compare: (one: number, other: number) => boolean): Fits =>
  (fact, value) =>
    typeof fact === "number" && typeof value === "number" && compare(fact, value);
const asTexts =
  (pattern: (value: string) => string): Fits =>
  (fact, value) =>
    typeof fact === "string" && isLike(fact, pattern(String(value)));

/** How a fact can be compared, by Sigma's names. */
export const MODIFIERS = {
  contains: asTexts((value) => `*${value}*`),
  startswith: asTexts((value) => `${value}*`),
  endswith: asTexts((value) => `*${value}`),
  gt: asNumbers((one, other) => one > other),
  gte: asNumbers((one, other) => one >= other),
  lt: asNumbers((one, other) => one < other),
  lte: asNumbers((one, other) => one <= other),
} as const satisfies Record<string, Fits>;

const is: Fits = (fact, value) =>
  typeof fact === "string" && typeof value === "string" ? isLike(fact, value) : fact === value;

/** Whether facts fit a selection. What isn't known fits nothing. */
export function fitsSelection(selection: Selection, facts: Facts): boolean {
  return selection.some((tests) => tests.every((test) => fitsTest(test, facts[test.fact])));
}

function fitsTest({ how, values, every }: Test, fact: Fact | undefined): boolean {
  if (fact === undefined) return false;
  const fits = how === "is" ? is : MODIFIERS[how];
  // Of several texts one is enough.
  const one = (value: string | number | boolean) =>
    typeof fact === "object" ? fact.some((each) => fits(each, value)) : fits(fact, value);
  return every ? values.every(one) : values.some(one);
}
