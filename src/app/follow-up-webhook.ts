import type { FollowUpsConfig } from "../config.ts";
import type { RequestState } from "../domain/request.ts";
import type { FollowUp } from "../domain/review.ts";
import { CodedError } from "../errors.ts";
import { followUpBody, followUpKey, type Owner } from "./follow-up-message.ts";
import { signatureHeaders, signingKey } from "./webhook-signature.ts";

const LIMIT_MS = 10_000;

/**
 * Sends a follow-up to the tracker's address. Its answer counts by its status alone; what stands in it, and in the address, is told to
 * nobody: either may hold a secret.
 *
 * @param now - epoch milliseconds
 * @throws `FOLLOW_UP_UNSENT`
 */
export async function sendFollowUp(
  { url, secret, header, format }: FollowUpsConfig,
  state: RequestState,
  followUp: FollowUp,
  options: { readonly ownerOf: (person: string) => Owner; readonly now: () => number; readonly signal: AbortSignal },
): Promise<void> {
  const { ownerOf, now, signal } = options;
  const id = followUpKey(state.id, followUp.nth);
  const body = followUpBody(format, state, followUp, ownerOf);
  const key = signingKey(secret);
  const headers = {
    "content-type": "application/json",
    accept: "application/json",
    "user-agent": "breakglass",
    "idempotency-key": id,
    ...signatureHeaders(id, body, key, now()),
    ...(header === undefined ? {} : { [header.name]: header.value.reveal() }),
  };
  const { host } = new URL(url.reveal());
  const limit = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  // Another address would be given our headers.
  const call = fetch(url.reveal(), { method: "POST", headers, body, redirect: "manual", signal: limit });
  const response = await call.catch(() => {
    throw unsent(`${host} could not be reached, or did not answer in time`);
  });
  await response.body?.cancel().catch(() => undefined);
  if (!response.ok) throw unsent(`${host} answered with HTTP ${response.status}`);
}

function unsent(why: string): CodedError {
  return new CodedError("FOLLOW_UP_UNSENT", `A follow-up was not sent: ${why}.`, { next: "It is tried again." });
}
