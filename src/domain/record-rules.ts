import { Refusal } from "../errors.ts";
import type { Facts } from "./commands.ts";
import { concernedGroups } from "./decide.ts";
import { peopleOf, type Actor } from "./people.ts";
import type { RequestState } from "./request.ts";
import { begunBy } from "./standing.ts";

/** The groups whose people may see the record of a request: who could decide on it or review it, and administrators. */
export function readingGroups(state: RequestState, { admins = [] }: Pick<Facts["policy"], "admins">): string[] {
  return [...new Set([...concernedGroups(state), ...admins])];
}

/**
 * Refuses whoever may not see the record of a request. Of a drill, whoever began it stands in its requester's place.
 *
 * @throws `NOT_CONCERNED`
 */
export function refuseReader(
  state: RequestState,
  { person }: Actor,
  { policy, groups }: Pick<Facts, "policy" | "groups">,
): void {
  const { id, requester, approvals, denied, review } = state;
  const concerned = [
    requester,
    begunBy(state),
    ...approvals.map(({ by }) => by.person),
    denied?.by.person,
    review?.submitted?.by,
  ];
  if (
    person !== undefined &&
    (concerned.includes(person) || peopleOf(groups, readingGroups(state, policy)).includes(person))
  )
    return;
  const groupNames = readingGroups(state, policy);
  throw new Refusal("NOT_CONCERNED", `The record of ${id} is for those who have to do with it.`, {
    next: `It takes its requester${groupNames.length === 0 ? "" : `, or one of ${groupNames.join(", ")}`}. Its thread has the story of it.`,
  });
}
