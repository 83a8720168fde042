import type { Lane } from "../cards/posts.ts";
import type { Surfaces } from "../domain/platform.ts";
import type { RequestState } from "../domain/request.ts";

/** What one chat platform is told of: a request, or the program itself under a name of its own. */
export interface Subject extends Pick<RequestState, "id" | "requester" | "openedAt"> {
  /** `insights`: where a month's insights are told. */
  readonly channels: Surfaces & { readonly insights?: string | undefined };
}

/** The channel of a lane; undefined when the platform has none for it. */
export function channelOf(channels: Subject["channels"], lane: Exclude<Lane, "private">): string | undefined {
  return {
    incident: channels.thread,
    record: channels.thread,
    approvals: channels.approvals,
    security: channels.security,
    insights: channels.insights,
  }[lane];
}
