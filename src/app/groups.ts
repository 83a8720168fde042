import type { Groups, Members } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Directory } from "./directory.ts";
import { personOf } from "./whois.ts";

/**
 * Who is in each group of the policy at this moment. A chat group is read live; members whom the policy doesn't know
 * are nobody, and a failure to read is nobody too.
 *
 * @param names - which groups; each is asked once
 */
export async function readGroups(policy: Policy, names: Iterable<string>, directory: Directory): Promise<Groups> {
  const wanted = [...new Set(names)];
  const members = await Promise.all(wanted.map(async (name) => await membersOf(policy, name, directory)));
  return new Map(wanted.map((name, index) => [name, members[index] ?? NOBODY]));
}

/** The groups that say who may ask for what. */
export function askingGroups(policy: Policy): string[] {
  return Object.values(policy.targets).flatMap(({ roles }) =>
    Object.values(roles).flatMap(({ requesters, deny = [] }) => [...requesters, ...deny]),
  );
}

/** The groups that can come to vote on a role, known before its request exists. */
export function approvingGroups(policy: Policy, target: string, role: string): string[] {
  const roles = Object.hasOwn(policy.targets, target) ? policy.targets[target]?.roles : undefined;
  const approval = roles !== undefined && Object.hasOwn(roles, role) ? roles[role]?.approval : undefined;
  return approval === undefined ? [] : [...(approval.approvers ?? []), ...approval.escalate.flatMap(({ to }) => to)];
}

const NOBODY: Members = { people: [], readable: false };

async function membersOf(policy: Policy, name: string, directory: Directory): Promise<Members> {
  const group = Object.hasOwn(policy.groups, name) ? policy.groups[name] : undefined;
  if (group === undefined) return NOBODY;
  if (Array.isArray(group)) return { people: group, readable: true };
  const accounts = await directory.groupMembers(group.slackGroup);
  if (accounts === undefined) return NOBODY;
  const people = accounts.map((account) => personOf(policy, account)).filter((person) => person !== undefined);
  return { people: [...new Set(people)], readable: true };
}
