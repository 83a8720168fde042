import type { z } from "zod";
import type { Problem } from "./check.ts";

type Issue = z.core.$ZodIssue;

/**
 * A schema's complaints as problems that a person can act on: each at the place where it is to be mended, and none of
 * them hidden behind "matches no alternative".
 *
 * @param issues - zod's
 */
export function problemsOf(issues: readonly Issue[]): Problem[] {
  return issues.flatMap(problems);
}

function problems(issue: Issue): Problem[] {
  const { path } = issue;
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `There is no setting "${key}" here. Check its spelling, or remove it.`,
      }));
    case "invalid_key":
      return [{ path, message: issue.issues[0]?.message ?? issue.message }];
    case "invalid_union": {
      const [meant, ...others] = issue.errors.filter(isOfRightKind);
      if (meant === undefined || others.length > 0) return [{ path, message: issue.message }];
      return problemsOf(meant).map((problem) => ({ path: [...path, ...problem.path], message: problem.message }));
    }
    case "invalid_type": {
      const missing = issue.message.endsWith("received undefined");
      return [{ path, message: missing ? `This is missing; ${article(issue.expected)} is expected.` : issue.message }];
    }
    default:
      return [{ path, message: issue.message }];
  }
}

/** Whether an alternative is the one that was meant: its complaints are about details, not about the whole. */
function isOfRightKind(issues: readonly Issue[]): boolean {
  return issues.every(({ path, code }) => path.length > 0 || !["invalid_type", "invalid_value"].includes(code));
}

function article(noun: string): string {
  return `${/^[aeio]/.test(noun) ? "an" : "a"} ${noun}`;
}
