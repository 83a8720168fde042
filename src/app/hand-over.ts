import type { Post } from "../cards/posts.ts";
import type { NewEvent } from "../domain/events.ts";
import type { RequestState } from "../domain/request.ts";
import type { ChatRefused } from "./messenger.ts";
import type { ToldRecord } from "./told.ts";

/**
 * What became of the credential's message, if that is not recorded yet: that it reached its requester is a fact of the request,
 * and so is that chat refused it for the first time, or nobody would hear why there is access and no password.
 *
 * @param wanted - what should stand in this platform
 * @param refused - why chat did not take what the requester alone was to be told
 */
export function handOver(
  { requester, revealed, undelivered }: RequestState,
  wanted: readonly Post[],
  already: ReadonlyMap<string, ToldRecord>,
  refused: ChatRefused | undefined,
): NewEvent | undefined {
  if (revealed) return undefined;
  const actor = { person: requester, via: "clock" } as const;
  if (already.get("credential")?.posted !== undefined)
    return { type: "CredentialRevealed", actor, data: { by: "direct-message" } };
  const isOpen = wanted.some(({ content }) => "credential" in content && content.open);
  if (refused === undefined || undelivered || !isOpen) return undefined;
  return { type: "CredentialUndelivered", actor, data: { by: "direct-message", problem: refused.message } };
}
