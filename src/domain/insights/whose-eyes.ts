import type { Groups } from "../people.ts";
import { peopleOf } from "../people.ts";
import type { Policy } from "../policy/schema.ts";
import type { Insights } from "./insights.ts";

/** The groups whose people answer for others: administrators, and whoever approves or reviews something. */
export function answeringGroups(policy: Pick<Policy, "admins" | "review" | "targets">): string[] {
  const roles = Object.values(policy.targets).flatMap((target) => Object.values(target.roles));
  const approving = roles.flatMap(({ approval }) => [
    ...(approval.approvers ?? []),
    ...approval.escalate.flatMap(({ to }) => to),
  ]);
  const reviewing = roles.flatMap(({ review }) => (review === undefined || review === false ? [] : review.by));
  return [...new Set([...(policy.admins ?? []), ...approving, ...(policy.review?.by ?? []), ...reviewing])];
}

/** Whether somebody answers for others, and so sees figures of single people. */
export function seesPeople(policy: Parameters<typeof answeringGroups>[0], groups: Groups, person: string): boolean {
  return peopleOf(groups, answeringGroups(policy)).includes(person);
}

/**
 * The same for somebody who answers for nobody: what was used, when and how is everybody's to see, as the threads are; how often a
 * colleague needed it is not. Of people only they themselves are left.
 */
export function withoutOthers(insights: Insights, person: string): Insights {
  return {
    ...insights,
    people: insights.people.filter((each) => each.person === person),
    proposals: insights.proposals.filter((each) => each.person === undefined || each.person === person),
  };
}
