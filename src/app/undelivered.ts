import { CREDENTIAL, type Post } from "../cards/posts.ts";
import type { NewEvent } from "../domain/events.ts";
import type { RequestState } from "../domain/request.ts";
import type { ChatRefused } from "./messenger.ts";
import type { ToldRecord } from "./told.ts";

/**
 * That chat refused the message with the way in for the first time, if it did and that is not recorded yet: or nobody would hear why
 * there is access and nobody in.
 *
 * @param wanted - what should stand in this platform
 * @param refused - why chat did not take what the requester alone was to be told
 */
export function undelivered(
  { requester, opened, undelivered: isKnown }: RequestState,
  wanted: readonly Post[],
  already: ReadonlyMap<string, ToldRecord>,
  refused: ChatRefused | undefined,
): NewEvent | undefined {
  if (refused === undefined || isKnown || opened !== undefined) return undefined;
  const isMissing = wanted.some(({ key, note }) => key === CREDENTIAL && note !== true);
  if (!isMissing || already.get(CREDENTIAL)?.posted !== undefined) return undefined;
  const actor = { person: requester, via: "clock" } as const;
  return { type: "CredentialUndelivered", actor, data: { by: "direct-message", problem: refused.message } };
}
