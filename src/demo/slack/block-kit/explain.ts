import type { z } from "zod";

type Issue = z.core.$ZodIssue;

const pointer = (path: readonly PropertyKey[]): string => `/${path.map(String).join("/")}`;

function tooBig(issue: Extract<Issue, { code: "too_big" }>): string {
  const max = Number(issue.maximum);
  if (issue.origin === "array") return `no more than ${max} items allowed`;
  if (issue.origin === "string") return `must be less than ${max + 1} characters`;
  return `must be at most ${max}`;
}

function tooSmall(issue: Extract<Issue, { code: "too_small" }>): string {
  const min = Number(issue.minimum);
  if (issue.origin === "array") return `must provide at least ${min} items`;
  if (issue.origin === "string") return `must be more than ${min - 1} characters`;
  return `must be at least ${min}`;
}

function sentence(issue: Issue): string {
  switch (issue.code) {
    case "too_big":
      return tooBig(issue);
    case "too_small":
      return tooSmall(issue);
    case "unrecognized_keys":
      return `invalid additional property: ${issue.keys.join(", ")}`;
    case "invalid_type":
      return issue.message.endsWith("received undefined")
        ? `missing required field: ${String(issue.path.at(-1) ?? "")}`
        : `must provide a valid ${issue.expected}`;
    case "invalid_value":
      return `failed to match one of the allowed values: ${issue.values.map(String).join(", ")}`;
    case "invalid_union":
      return issue.path.at(-1) === "type" ? "unsupported type" : issue.message;
    default:
      return issue.message;
  }
}

/**
 * What zod found, as the lines that Slack puts into `response_metadata.messages`.
 *
 * @param issues - from a failed parse
 * @param under - where the parsed value stands in the call, such as `["blocks"]`
 */
export function explain(issues: readonly Issue[], under: readonly PropertyKey[]): string[] {
  return issues.map((issue) => `[ERROR] ${sentence(issue)} [json-pointer:${pointer([...under, ...issue.path])}]`);
}
