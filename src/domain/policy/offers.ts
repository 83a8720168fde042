import { Refusal } from "../../errors.ts";
import type { Groups } from "../people.ts";
import { list, quote } from "../text.ts";
import { roleOf, targetOf } from "./find.ts";
import type { Policy, Role, Target } from "./schema.ts";

/** A role that somebody may ask for. */
export interface Offer {
  readonly target: string;
  readonly title: string;
  readonly role: string;
  readonly roleTitle: string;
  readonly defaultMs: number;
  readonly maxMs: number;
}

/**
 * Everything a person may ask for, in the policy's order.
 *
 * @param groups - of every group that the policy names in `requesters` or `deny`
 */
export function offers(policy: Policy, groups: Groups, person: string): Offer[] {
  return Object.entries(policy.targets).flatMap(([target, { title, roles }]) =>
    Object.entries(roles)
      .filter(([, role]) => mayAsk(role, groups, person))
      .map(([name, role]) => ({
        target,
        title,
        role: name,
        roleTitle: role.title ?? name,
        defaultMs: role.duration.default,
        maxMs: role.duration.max,
      })),
  );
}

/** Whether a person may ask for a role. Deny wins; and a `deny` group that can't be read denies, because it might have named this person. */
export function mayAsk(role: Role, groups: Groups, person: string): boolean {
  const denied = (role.deny ?? []).some((name) => {
    const members = groups.get(name);
    return members?.readable !== true || members.people.includes(person);
  });
  return !denied && role.requesters.some((name) => groups.get(name)?.people.includes(person) === true);
}

/**
 * The role a person asks for.
 *
 * @throws `TARGET_UNKNOWN`, `ROLE_NOT_ALLOWED`: both say what this person may ask for instead
 */
export function findRole(
  policy: Policy,
  groups: Groups,
  person: string,
  asked: { readonly target: string; readonly role: string },
): { target: Target; role: Role } {
  const target = targetOf(policy, asked.target);
  const role = roleOf(policy, asked.target, asked.role);
  if (target !== undefined && role !== undefined && mayAsk(role, groups, person)) return { target, role };
  const allowed = offers(policy, groups, person);
  if (target === undefined) {
    throw new Refusal("TARGET_UNKNOWN", `There is no target ${quote(asked.target)}.`, {
      next: mayAskFor(allowed),
    });
  }
  const here = allowed.filter((offer) => offer.target === asked.target);
  throw new Refusal("ROLE_NOT_ALLOWED", `You may not ask for ${quote(asked.role)} on ${asked.target}.`, {
    next: mayAskFor(here, allowed),
  });
}

/** What a person may ask for, as a sentence; the nearest first. */
export function mayAskFor(...choices: readonly (readonly Offer[])[]): string {
  const offered = choices.find((each) => each.length > 0) ?? [];
  if (offered.length === 0)
    return "The policy lets you ask for nothing. Ask whoever keeps it to add you to a group of requesters.";
  const shown = offered.slice(0, 10).map(({ target, role }) => `${target} ${role}`);
  const more = offered.length > shown.length ? `, and ${offered.length - shown.length} more (/breakglass list)` : "";
  return `You may ask for: ${list(shown, "or")}${more}.`;
}
