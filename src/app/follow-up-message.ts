import type { FollowUpsConfig } from "../config.ts";
import type { FollowUp } from "../domain/review.ts";
import type { RequestState } from "../domain/request.ts";

/** A person as a tracker may know them. */
export interface Owner {
  readonly person: string;
  readonly name: string;
  readonly email?: string | undefined;
}

/** The same for every try, so that whoever gets it twice can tell: `BG-7K3M2Q-1`. */
export function followUpKey(request: string, nth: number): string {
  return `${request}-${nth}`;
}

/**
 * A follow-up as it is sent to a tracker: JSON, the same text at every try.
 *
 * @param ownerOf - who a person of the policy is
 */
export function followUpBody(
  format: FollowUpsConfig["format"],
  { id: request, target, role, review }: RequestState,
  { nth, what, owner, due }: FollowUp,
  ownerOf: (person: string) => Owner,
): string {
  const data = {
    ...{ id: followUpKey(request, nth), request, number: nth, what, owner: ownerOf(owner), due },
    ...{ target, role, reviewedBy: ownerOf(review?.submitted?.by ?? "") },
  };
  switch (format) {
    case "plain":
      return JSON.stringify({
        type: "follow_up.agreed",
        timestamp: new Date(review?.submitted?.at ?? 0).toISOString(),
        data,
      });
    case "github-dispatch":
      return JSON.stringify({ event_type: "breakglass-follow-up", client_payload: data });
    case "github-issue":
      // What a person typed stands in the title alone, where GitHub knows no markup and calls nobody.
      return JSON.stringify({
        title: `${what} (${request})`,
        body: `A follow-up of the review of emergency access ${request} (${role} on ${target}).\n\nOwner: ${data.owner.name}\nDue: ${due}`,
        labels: ["breakglass"],
      });
  }
}
