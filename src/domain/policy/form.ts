import type { z } from "zod";
import { nearest } from "../nearest.ts";
import type { Problem } from "./problem.ts";

type Issue = z.core.$ZodIssue;
type RawIssue = z.core.$ZodRawIssue;

/**
 * Holds something that a person wrote against a form.
 *
 * @returns what it reads as; or its problems, each at the place where it is to be mended and in words that say what would be
 *   right, none of them hidden behind "matches no alternative"
 */
export function readForm<T>(schema: z.ZodType<T>, written: unknown): { readonly data: T } | { problems: Problem[] } {
  const parsed = schema.safeParse(written, { error: inWords });
  return parsed.success ? { data: parsed.data } : { problems: problemsIn(parsed.error) };
}

/** A schema's error as problems that a person can act on. */
export function problemsIn(error: z.ZodError): Problem[] {
  return problemsOfAll(error.issues);
}

function problemsOfAll(issues: readonly Issue[]): Problem[] {
  // Of a value of the wrong kind its length and its range say nothing.
  const wrongKind = issues.filter(({ code }) => code === "invalid_type");
  const beside = (issue: Issue) =>
    !wrongKind.includes(issue) && wrongKind.some(({ path }) => path.join("\n") === issue.path.join("\n"));
  return issues.filter((issue) => !beside(issue)).flatMap(problemsOf);
}

function problemsOf(issue: Issue): Problem[] {
  const { path, message } = issue;
  switch (issue.code) {
    case "unrecognized_keys": {
      // One message for several keys, one a line in the same order.
      const messages = message.split("\n");
      return issue.keys.map((key, index) => ({ path: [...path, key], message: messages[index] ?? message }));
    }
    case "invalid_key":
      return [{ path, message: issue.issues[0]?.message ?? message }];
    case "invalid_union": {
      const [meant, ...others] = issue.errors.filter(isOfRightKind);
      if (meant === undefined || others.length > 0) return [{ path, message }];
      return problemsOfAll(meant).map((problem) => ({ ...problem, path: [...path, ...problem.path] }));
    }
    default:
      return [{ path, message }];
  }
}

/** Whether an alternative is the one that was meant: its complaints are about details, not about the whole. */
function isOfRightKind(issues: readonly Issue[]): boolean {
  return issues.every(({ path, code }) => path.length > 0 || !["invalid_type", "invalid_value"].includes(code));
}

/** What a form itself doesn't say of a mistake; zod's `error` setting. */
export function inWords(issue: RawIssue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined
        ? `This is missing: ${noun(issue.expected)} is expected.`
        : `Here stands ${kindOf(issue.input)}, and ${noun(issue.expected)} is expected.`;
    case "invalid_value":
      return `One of these is expected: ${issue.values.map((value) => JSON.stringify(value)).join(", ")}.`;
    case "too_small":
      return `At least ${amount(issue.minimum, issue.origin)} ${count(issue.minimum)} needed.`;
    case "too_big":
      return `At most ${amount(issue.maximum, issue.origin)} ${count(issue.maximum)} allowed.`;
    case "unrecognized_keys":
      return issue.keys.map((key) => unknownSetting(key, settingsOf(issue.inst))).join("\n");
    case "invalid_union":
      return issue.input === undefined ? "This is missing." : "This is none of the forms that are allowed here.";
    case "invalid_format":
      return issue.format === "email" ? "This is not an e-mail address." : undefined;
    default:
      return undefined;
  }
}

function unknownSetting(key: string, settings: readonly string[]): string {
  const near = nearest(key, settings);
  if (near !== undefined) return `There is no setting "${key}" here. Did you mean ${near}?`;
  return `There is no setting "${key}" here. There are: ${settings.join(", ")}.`;
}

function settingsOf(schema: unknown): string[] {
  const hasShape = typeof schema === "object" && schema !== null && "shape" in schema;
  return hasShape && typeof schema.shape === "object" && schema.shape !== null ? Object.keys(schema.shape) : [];
}

const NOUNS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "a group of settings",
  record: "a group of settings",
};

function noun(expected: string): string {
  return NOUNS[expected] ?? expected;
}

function kindOf(input: unknown): string {
  if (input === null) return "nothing";
  return noun(Array.isArray(input) ? "array" : typeof input);
}

function amount(limit: number | bigint, origin: string): string {
  if (origin === "string") return `${limit} character${Number(limit) === 1 ? "" : "s"}`;
  return String(limit);
}

function count(limit: number | bigint): string {
  return Number(limit) === 1 ? "is" : "are";
}
