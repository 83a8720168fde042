import type { CommandTarget } from "../support/command-target.ts";

/** The policy's targets in the pinned states: each role for one of the requests in them. */
export function pinnedTargets({ yaml }: CommandTarget): string {
  const role = (name: string, approval: string) => `
      ${name}:
        grant: {}
        requesters: [sre]
        approval: ${approval}
        duration: { default: 30m, max: 30m }`;
  return `
  db:
    title: Orders database
    ${yaml}
    roles:${role("reader", "automatic")}${role("writer", "automatic")}${role("owner", "{ approvers: [leads] }")}
`;
}
