import { z } from "zod";
import { parse, YAMLParseError } from "yaml";
import { nearest } from "../nearest.ts";
import { readForm } from "../policy/form.ts";
import { isTimeZone } from "./clock-time.ts";
import { ConditionError, parseCondition, type Condition } from "./condition.ts";
import { CATEGORIES, FACTS, type Category } from "./facts.ts";
import { MODIFIERS, type Selection, type Test } from "./selection.ts";

export const LEVELS = ["informational", "low", "medium", "high", "critical"] as const;
export const ACTIONS = ["tell", "page", "end"] as const;

const value = z.union([z.string(), z.number(), z.boolean()], "A value is a text, a number, true or false.");
const selection = z.record(
  z.string(),
  z.union([value, z.array(value).min(1)], "This is a value, or a list of values."),
);
const detection = z
  .record(
    z.string(),
    z.union(
      [z.string(), selection, z.array(selection).min(1)],
      "A selection has facts and their values: kind: [UPDATE, DELETE]",
    ),
  )
  .refine(
    (all) => typeof all["condition"] === "string",
    "This needs a condition: the name of a selection, for instance.",
  );

/** The form of a rule, in the style of Sigma (https://sigmahq.io/docs/basics/rules.html). */
const ruleSchema = z.strictObject({
  title: z.string().min(1).max(120),
  id: z.guid("An id is a UUID, and another for each rule."),
  status: z.enum(["stable", "test", "experimental", "deprecated"]).optional(),
  level: z.enum(LEVELS, `A level is one of ${LEVELS.join(", ")}.`),
  description: z.string().min(1).max(1_000),
  references: z.array(z.string()).optional(),
  author: z.string().optional(),
  date: z.string().optional(),
  modified: z.string().optional(),
  tags: z.array(z.string()).optional(),
  logsource: z.strictObject({
    product: z.literal("breakglass", "The product is breakglass."),
    category: z.enum(CATEGORIES, `A category is one of ${CATEGORIES.join(", ")}.`),
  }),
  detection,
  timezone: z.string().refine(isTimeZone, "A time zone is one of IANA's, such as Europe/Berlin.").default("UTC"),
  falsepositives: z.array(z.string()).default([]),
  action: z.enum(ACTIONS, "An action is tell (the thread), page (the security channel too) or end (the access)."),
});

/** A rule that was read. */
export interface Rule {
  readonly id: string;
  readonly title: string;
  readonly level: (typeof LEVELS)[number];
  readonly description: string;
  readonly category: Category;
  readonly action: (typeof ACTIONS)[number];
  readonly falsepositives: readonly string[];
  readonly timezone: string;
  readonly selections: ReadonlyMap<string, Selection>;
  readonly condition: Condition;
  /** The facts that its selections look at: what is told of a match. */
  readonly looksAt: readonly string[];
}

/**
 * Reads a rule.
 *
 * @param text - of its file, YAML
 * @returns the rule, or everything that is wrong with it: `detection.mass.rowz: There is no fact rowz; rows?`
 */
export function readRule(text: string): { readonly rule: Rule } | { readonly problems: readonly string[] } {
  let written: unknown;
  try {
    written = parse(text, { maxAliasCount: 100, uniqueKeys: true });
  } catch (error) {
    const said = error instanceof YAMLParseError ? (error.message.split("\n")[0] ?? "") : String(error);
    return { problems: [said] };
  }
  const read = readForm(ruleSchema, written);
  if ("problems" in read)
    return { problems: read.problems.map(({ path, message }) => `${path.map(String).join(".")}: ${message}`) };
  const { detection: found, logsource, ...rest } = read.data;
  const problems: string[] = [];
  const selections = new Map<string, Selection>();
  for (const [name, maps] of Object.entries(found)) {
    if (name === "condition" || typeof maps === "string") {
      if (name !== "condition") problems.push(`detection.${name}: A selection has facts and their values.`);
      continue;
    }
    const alternatives = (Array.isArray(maps) ? maps : [maps]).map((map) =>
      Object.entries(map).flatMap(([field, values]) => {
        const test = readTest(field, Array.isArray(values) ? values : [values], logsource.category);
        if ("test" in test) return [test.test];
        problems.push(`detection.${name}.${field}: ${test.problem}`);
        return [];
      }),
    );
    selections.set(name, alternatives);
  }
  if (selections.size === 0) problems.push("detection: This needs at least one selection beside its condition.");
  const condition = readCondition(
    typeof found["condition"] === "string" ? found["condition"] : "",
    [...selections.keys()],
    problems,
  );
  if (condition === undefined || problems.length > 0) return { problems };
  const looksAt = [...new Set([...selections.values()].flat(2).map(({ fact }) => fact))];
  return { rule: { ...rest, category: logsource.category, selections, condition, looksAt } };
}

function readCondition(text: string, names: readonly string[], problems: string[]): Condition | undefined {
  try {
    return names.length === 0 ? undefined : parseCondition(text, names);
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    problems.push(`detection.condition: ${error.message}`);
    return undefined;
  }
}

function readTest(
  field: string,
  values: readonly (string | number | boolean)[],
  category: Category,
): { readonly test: Test } | { readonly problem: string } {
  const [fact = "", ...modifiers] = field.split("|");
  const known: Readonly<Record<string, string>> = FACTS[category];
  const type = Object.hasOwn(known, fact) ? known[fact] : undefined;
  if (type === undefined) {
    const meant = nearest(fact, Object.keys(known));
    return {
      problem: `There is no fact ${fact} of ${category}${meant === undefined ? `: there are ${Object.keys(known).join(", ")}` : `; ${meant}?`}`,
    };
  }
  const every = modifiers.includes("all");
  const [modifier, ...more] = modifiers.filter((each) => each !== "all");
  if (more.length > 0 || (modifier !== undefined && !Object.hasOwn(MODIFIERS, modifier)))
    return {
      problem: `There is no modifier ${modifiers.join("|")}: there are ${Object.keys(MODIFIERS).join(", ")}, and all.`,
    };
  const how = (modifier ?? "is") as keyof typeof MODIFIERS | "is";
  const isComparison = ["gt", "gte", "lt", "lte"].includes(how);
  const wanted = type === "number" ? "number" : type === "yes or no" ? "boolean" : "string";
  if (isComparison && type !== "number") return { problem: `${fact} is no number.` };
  if (values.some((each) => typeof each !== wanted))
    return { problem: `${fact} is a ${type === "texts" ? "text" : type}.` };
  return { test: { fact, how, values, every } };
}
