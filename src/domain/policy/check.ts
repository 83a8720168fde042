import { checkDrills } from "./check-drills.ts";
import { noSuch } from "./no-such.ts";
import { SUBCOMMANDS } from "../subcommands.ts";
import { checkConditions } from "./check-conditions.ts";
import type { Problem } from "./problem.ts";
import type { PolicyFile, Role } from "./schema.ts";

/**
 * What a schema can't say: names that refer to nothing, times that contradict each other, approvals nobody can give.
 *
 * @param policy - of the right form
 * @param wrong - what was found wrong with the form it was written in; what may only follow from that is not told beside it
 * @returns every problem; none when the policy can serve
 */
export function checkPolicy(policy: PolicyFile, wrong: readonly Problem[] = []): Problem[] {
  const touched = wrong.map(({ path }) => path.slice(0, -1));
  const roles = eachRole(policy);
  return [
    ...checkTargetNames(policy),
    ...checkPeople(policy),
    ...checkGroups(policy),
    ...checkDrills(policy),
    ...checkGroupList(policy, ["admins"], policy.admins),
    ...checkGroupList(policy, ["review", "by"], policy.review?.by),
    ...roles.flatMap(({ path, role }) => checkGroupNames(policy, path, role)),
    ...checkConditions(policy),
    ...roles
      .flatMap(({ path, role }) => checkRole(policy, path, role))
      .filter((problem) => !touched.some((place) => isUnder(problem.path, place))),
  ];
}

function isUnder(path: readonly PropertyKey[], place: readonly PropertyKey[]): boolean {
  return place.every((key, index) => path[index] === key);
}

function eachRole(policy: PolicyFile): { path: string[]; role: Role }[] {
  return Object.entries(policy.targets).flatMap(([target, { roles }]) =>
    Object.entries(roles).map(([name, role]) => ({ path: ["targets", target, "roles", name], role })),
  );
}

function checkTargetNames({ targets }: PolicyFile): Problem[] {
  return Object.keys(targets)
    .filter((name) => SUBCOMMANDS.some((word) => word === name))
    .map((name) => ({
      path: ["targets", name],
      message: `"${name}" is a word of the command itself. Choose another name.`,
    }));
}

/** One account, one human: else a person could approve their own request from "another" one. */
function checkPeople(policy: PolicyFile): Problem[] {
  const owners = new Map<string, string>();
  return Object.entries(policy.people).flatMap(([key, person]) =>
    (["slack", "teams", "email", "pagerduty", "opsgenie"] as const).flatMap((field) => {
      const account = person[field]?.toLowerCase();
      if (account === undefined) return [];
      const owner = owners.get(`${field}:${account}`);
      owners.set(`${field}:${account}`, owner ?? key);
      if (owner === undefined) return [];
      return [
        {
          path: ["people", key, field],
          message: `${owner} has the same ${field} account. One account belongs to one person.`,
        },
      ];
    }),
  );
}

function checkGroups(policy: PolicyFile): Problem[] {
  return Object.entries(policy.groups).flatMap(([key, group]) =>
    Array.isArray(group)
      ? group.flatMap((member, index) =>
          Object.hasOwn(policy.people, member)
            ? []
            : [{ path: ["groups", key, index], message: noSuch("person", member, policy.people) }],
        )
      : [],
  );
}

function checkGroupList(policy: PolicyFile, path: readonly PropertyKey[], names: readonly string[] = []): Problem[] {
  return names.flatMap((name, index) =>
    Object.hasOwn(policy.groups, name)
      ? []
      : [{ path: [...path, index], message: noSuch("group", name, policy.groups) }],
  );
}

function checkGroupNames(policy: PolicyFile, path: string[], role: Role): Problem[] {
  const { requesters, deny, approval, review } = role;
  const named: [PropertyKey[], readonly string[] | undefined][] = [
    [["requesters"], requesters],
    [["deny"], deny],
    [["approval", "approvers"], approval.approvers],
    ...approval.escalate.map(({ to }, step): [PropertyKey[], string[]] => [["approval", "escalate", step, "to"], to]),
    [["review", "by"], review === false ? undefined : review?.by],
  ];
  return named.flatMap(([where, names]) => checkGroupList(policy, [...path, ...where], names));
}

function checkRole(policy: PolicyFile, path: string[], role: Role): Problem[] {
  const { approval } = role;
  const problems: Problem[] = [];
  const say = (where: readonly PropertyKey[], message: string) => problems.push({ path: [...path, ...where], message });

  if (role.duration.default > role.duration.max) say(["duration", "default"], "The default is longer than the max.");
  if (approval.approvers === undefined) {
    if (approval.automatic === undefined || approval.automatic.budget !== undefined)
      say(["approval"], "Name the approvers, or make the approval automatic.");
    return problems;
  }
  approval.escalate.forEach(({ after }, step) => {
    if (after >= approval.lapse)
      say(["approval", "escalate", step, "after"], "By then the request has lapsed. Escalate earlier, or lapse later.");
  });
  if (approval.emergency !== undefined) {
    if (approval.emergency.after >= approval.lapse) {
      say(
        ["approval", "emergency", "after"],
        "By then the request has lapsed. Open the emergency path earlier, or lapse later.",
      );
    }
    if (approval.emergency.max > role.duration.max)
      say(["approval", "emergency", "max"], "An emergency may not be longer than the role's max.");
  }
  const unreachable = quorumProblem(policy, role);
  if (unreachable !== undefined) say(["approval", "quorum"], unreachable);
  return problems;
}

/** The people of a group, or undefined where only the chat platform knows them. */
function listed(policy: PolicyFile, names: readonly string[]): Set<string> | undefined {
  const people = new Set<string>();
  for (const name of names) {
    const group = Object.hasOwn(policy.groups, name) ? policy.groups[name] : [];
    if (group !== undefined && !Array.isArray(group)) return undefined;
    for (const member of group ?? []) people.add(member);
  }
  return people;
}

/** Wrong only when no listed requester could ever be approved; one who can't is refused when they ask. */
function quorumProblem(policy: PolicyFile, role: Role): string | undefined {
  const { quorum, approvers = [], escalate } = role.approval;
  const voters = listed(policy, [...approvers, ...escalate.flatMap(({ to }) => to)]);
  if (voters === undefined) return undefined;
  const requesters = listed(policy, role.requesters);
  const best = Math.max(
    ...(requesters === undefined
      ? [voters.size]
      : [...requesters].map((each) => voters.size - (voters.has(each) ? 1 : 0))),
  );
  if (best >= quorum) return undefined;
  const left = best <= 0 ? "there is nobody" : best === 1 ? "there is one approver" : `there are ${best} approvers`;
  return `It takes ${quorum}, but without the requester ${left}. Lower the quorum, or add approvers.`;
}
