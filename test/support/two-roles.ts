import type { CommandTarget } from "./command-target.ts";

/** One target with two roles for 10 minutes: `writer`, which policy approves by itself, and `owner`, which a lead does. */
export const twoRoles = ({ yaml }: CommandTarget) => `
  db:
    title: Orders database
    ${yaml}
    roles:
      writer:
        grant: {}
        requesters: [sre]
        approval: automatic
        duration: { default: 10m, max: 10m }
      owner:
        grant: {}
        requesters: [sre]
        approval: { approvers: [leads] }
        duration: { default: 10m, max: 10m }
`;
