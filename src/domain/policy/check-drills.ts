import { VAULT } from "../accounts.ts";
import { formatDuration } from "../duration.ts";
import { roleOf, targetOf } from "./find.ts";
import type { Problem } from "./problem.ts";
import { noSuch } from "./no-such.ts";
import type { DrillRule, PolicyFile } from "./schema.ts";

/** More often than that, a target would be at nothing else. */
const OFTENEST_MS = 600_000;

/**
 * What is wrong with the drills of a policy, and with the people who are nobody.
 *
 * @param policy - of the right form
 */
export function checkDrills(policy: PolicyFile): Problem[] {
  const seen = new Set<string>();
  return [
    ...checkPeople(policy),
    ...policy.drills.flatMap((drill, index) => {
      const of = `${drill.target} ${drill.role}`;
      const twice = seen.has(of) ? [`There is a drill of ${of} already.`] : [];
      seen.add(of);
      return [
        ...twice.map((message) => ({ path: ["drills", index], message })),
        ...checkDrill(policy, drill).map(({ path, message }) => ({ path: ["drills", index, ...path], message })),
      ];
    }),
  ];
}

/** Nobody's account can act as them, and no vote of theirs can count but in a drill. */
function checkPeople({ people, groups }: PolicyFile): Problem[] {
  const accounts = Object.entries(people).flatMap(([key, { drill, slack, teams }]) =>
    drill === true && (slack ?? teams) !== undefined
      ? [
          {
            path: ["people", key, "drill"],
            message: `${key} is only for drills, and has no account. Take slack and teams out.`,
          },
        ]
      : [],
  );
  const members = Object.entries(groups).flatMap(([key, group]) =>
    Array.isArray(group)
      ? group.flatMap((member, index) =>
          people[member]?.drill === true
            ? [
                {
                  path: ["groups", key, index],
                  message: `${member} is only for drills, and can be in no group. Take it out.`,
                },
              ]
            : [],
        )
      : [],
  );
  return [...accounts, ...members];
}

function checkDrill(policy: PolicyFile, drill: DrillRule): Problem[] {
  const { person, approver, every } = drill;
  const problems = [...checkName(policy, "person", person), ...checkRole(policy, drill)];
  if (approver !== undefined) problems.push(...checkName(policy, "approver", approver));
  if (approver === person)
    problems.push({ path: ["approver"], message: "Nobody approves their own request, not even in a drill." });
  if (every !== undefined && every < OFTENEST_MS)
    problems.push({ path: ["every"], message: `Not more often than every ${formatDuration(OFTENEST_MS)}.` });
  return problems;
}

function checkName({ people }: PolicyFile, field: "person" | "approver", name: string): Problem[] {
  const found = Object.hasOwn(people, name) ? people[name] : undefined;
  if (found === undefined) return [{ path: [field], message: noSuch("person", name, people) }];
  if (found.drill === true) return [];
  return [
    {
      path: [field],
      message: `${name} is a real person. Name one that is only for drills, such as fire-drill: { name: Fire drill, drill: true } under people.`,
    },
  ];
}

function checkRole(policy: PolicyFile, { target: name, role: roleName, approver, duration }: DrillRule): Problem[] {
  const target = targetOf(policy, name);
  if (target === undefined) return [{ path: ["target"], message: `There is no target ${name}.` }];
  if (target.provider === VAULT)
    return [
      {
        path: ["target"],
        message: `${name} is a sealed account: one alone can have it, so that a drill would keep people from it.`,
      },
    ];
  const role = roleOf(policy, name, roleName);
  if (role === undefined) {
    const roles = Object.keys(target.roles).join(", ");
    return [{ path: ["role"], message: `${name} has no role ${roleName}. There are: ${roles}.` }];
  }
  const problems: Problem[] = [];
  if (role.stepUp.includes("requester"))
    problems.push({
      path: ["role"],
      message: `${roleName} asks its requester for a security key, and a drill has none. Drill another role of ${name}.`,
    });
  if (approver !== undefined && role.stepUp.includes("approver"))
    problems.push({
      path: ["approver"],
      message: `${roleName} asks its approvers for a security key, and ${approver} has none. Leave approver out, so that people approve it.`,
    });
  const { automatic, approvers } = role.approval;
  if (approver === undefined && approvers === undefined && (automatic?.when.length ?? 0) > 0)
    problems.push({
      path: ["approver"],
      message: `${roleName} is approved on facts alone, and none holds for a drill. Name an approver of its own.`,
    });
  if (duration !== undefined && duration > role.duration.max)
    problems.push({ path: ["duration"], message: `${roleName} allows at most ${formatDuration(role.duration.max)}.` });
  return problems;
}
