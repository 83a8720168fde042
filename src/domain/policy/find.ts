import type { Policy, Role, Target } from "./schema.ts";

/** A target of the policy, by the name that somebody typed; undefined when there is none. */
export function targetOf({ targets }: Pick<Policy, "targets">, name: string): Target | undefined {
  return Object.hasOwn(targets, name) ? targets[name] : undefined;
}

/** A role of one of its targets; undefined when there is none. */
export function roleOf(policy: Pick<Policy, "targets">, target: string, name: string): Role | undefined {
  const { roles } = targetOf(policy, target) ?? {};
  return roles !== undefined && Object.hasOwn(roles, name) ? roles[name] : undefined;
}
