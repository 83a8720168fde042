import type { AccountStanding, Directory } from "../../src/app/directory.ts";

/** A chat platform's directory as plain data: whoever isn't named is a member, and a group that isn't named can't be read. */
export function plainDirectory(
  groups: Readonly<Record<string, readonly string[]>> = {},
  standings: Readonly<Record<string, AccountStanding>> = {},
): Directory & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    standing: (account) => Promise.resolve(standings[account] ?? { kind: "member" }),
    groupMembers: (group) => {
      asked.push(group);
      return Promise.resolve(groups[group]);
    },
  };
}
