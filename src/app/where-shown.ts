import { CREDENTIAL, type Post } from "../cards/posts.ts";
import type { Platform } from "../domain/platform.ts";
import type { RequestState } from "../domain/request.ts";
import { channelOf, type Subject } from "./subject.ts";
import type { ToldRecord } from "./told.ts";

/** A platform that the program speaks in: which, and whether a person of the policy has an account there. */
export interface Spoken {
  readonly platform: Platform;
  readonly reaches: (person: string) => boolean;
}

/**
 * Where somebody is told how to get in, once: in the platform they asked from, else in the first one they have an account in.
 *
 * @param spoken - the platforms that the program speaks in
 */
export function handOverIn({ opener, requester }: RequestState, spoken: readonly Spoken[]): Platform | undefined {
  const reached = spoken.filter(({ reaches }) => reaches(requester));
  return (reached.find(({ platform }) => platform === opener.via) ?? reached[0])?.platform;
}

/**
 * What of a request, or of the program, belongs into one platform: posts whose channel the policy names there, notices to
 * whoever has an account there, and the way in to one platform alone.
 *
 * @param here - the platform
 * @param waysIn - where the way in is told
 * @param already - what was told here: a way in that stands here is also painted over here
 */
export function shownIn(
  here: Spoken,
  subject: Subject,
  wanted: readonly Post[],
  waysIn: Platform | undefined,
  already: ReadonlyMap<string, ToldRecord>,
): Post[] {
  return wanted.filter(({ key, lane }) => {
    if (lane !== "private") return channelOf(subject.channels, lane) !== undefined;
    if (!here.reaches(subject.requester)) return false;
    return key !== CREDENTIAL || waysIn === here.platform || already.get(key)?.posted !== undefined;
  });
}
