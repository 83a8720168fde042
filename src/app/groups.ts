import type { Groups, Members } from "../domain/people.ts";
import { PLATFORMS } from "../domain/platform.ts";
import { roleOf } from "../domain/policy/find.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Directory } from "./directory.ts";
import { personOf } from "./whois.ts";
import { within } from "./within.ts";

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

/** What the platform says of an account is waited for so long at most: who asks is waiting too. */
const STANDING_LIMIT_MS = 250;
/** A crowd is not looked up one by one. */
const LOOKED_UP_MAX = 40;

/**
 * The same groups without the people whose accounts can do nothing here, a guest's or a deactivated one: they would be counted
 * on and called, and could only be refused. Whoever can't be told of in time stays; their own click is looked at again.
 */
export async function withoutUnfit(groups: Groups, policy: Policy, directory: Directory): Promise<Groups> {
  const people = [...new Set([...groups.values()].flatMap((members) => members.people))].slice(0, LOOKED_UP_MAX);
  const unfit = new Set<string>();
  const look = async (person: string): Promise<void> => {
    const accounts = PLATFORMS.flatMap((platform) => {
      const account = policy.people[person]?.[platform];
      return account === undefined ? [] : [directory.standing(account, platform)];
    });
    // Whoever has a good account in one platform can vote there.
    const standings = await Promise.all(accounts);
    if (standings.length > 0 && standings.every(({ kind }) => kind === "refused")) unfit.add(person);
  };
  const looks = Promise.all(people.map(async (person) => await look(person).catch(() => undefined)));
  await within(STANDING_LIMIT_MS, looks, () => new Error("late")).catch(() => undefined);
  const fit = ({ people: all, readable }: Members): Members => ({
    people: all.filter((person) => !unfit.has(person)),
    readable,
  });
  return new Map([...groups].map(([name, members]) => [name, fit(members)]));
}

/** The groups that say who may ask for what. */
export function askingGroups(policy: Policy): string[] {
  return Object.values(policy.targets).flatMap(({ roles }) =>
    Object.values(roles).flatMap(({ requesters, deny = [] }) => [...requesters, ...deny]),
  );
}

/** The groups that can come to vote on a role, known before its request exists. */
export function approvingGroups(policy: Policy, target: string, role: string): string[] {
  const { approval } = roleOf(policy, target, role) ?? {};
  return approval === undefined ? [] : [...(approval.approvers ?? []), ...approval.escalate.flatMap(({ to }) => to)];
}

const NOBODY: Members = { people: [], readable: false };

async function membersOf(policy: Policy, name: string, directory: Directory): Promise<Members> {
  const group = Object.hasOwn(policy.groups, name) ? policy.groups[name] : undefined;
  if (group === undefined) return NOBODY;
  if (Array.isArray(group)) return { people: group, readable: true };
  const accounts = await directory.groupMembers(group.slackGroup);
  if (accounts === undefined) return NOBODY;
  const people = accounts.map((account) => personOf(policy, "slack", account)).filter((person) => person !== undefined);
  return { people: [...new Set(people)], readable: true };
}
