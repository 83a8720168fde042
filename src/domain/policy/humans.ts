import type { Policy } from "./schema.ts";

/** The policy's people without those who are nobody, and only for drills. */
export function humans({ people }: Pick<Policy, "people">): string[] {
  return Object.entries(people).flatMap(([person, { drill }]) => (drill === true ? [] : [person]));
}
