import type { RequestState } from "../domain/request.ts";
import { CodedError } from "../errors.ts";
import { principalName } from "../providers/principal-name.ts";
import type { Handle } from "../providers/provider.ts";
import type { Targets } from "./targets.ts";

/** How long a target may take to take access away, and again to be read back. */
const REVOKE_LIMIT_MS = 20_000;

/**
 * Takes a request's access away at its target, and reads the target back: only when nothing is left there does it return.
 *
 * @param now - epoch milliseconds
 * @returns what was done, in words for the thread, and when: before it was read back
 * @throws `NOT_GONE`, `TARGET_UNKNOWN`, and what the provider throws
 */
export async function endAccess(
  targets: Targets,
  state: RequestState,
  now: () => number,
): Promise<{ readonly done: readonly string[]; readonly revokedAt: number }> {
  const provider = targets.provider(state.target);
  const done = await provider.revoke(handleOf(state), AbortSignal.timeout(REVOKE_LIMIT_MS));
  const revokedAt = now();
  const left = await leftOf(targets, state);
  if (left.length === 0) return { done, revokedAt };
  throw new CodedError(
    "NOT_GONE",
    `${left.map(({ name }) => name).join(", ")} is still at ${state.target} after the revoke.`,
  );
}

/** What of a request's access its target still shows. */
export async function leftOf(targets: Targets, state: RequestState): Promise<Handle[]> {
  const own = handleOf(state);
  const { id: request, target } = state;
  const list = async () => await targets.provider(target).list(AbortSignal.timeout(REVOKE_LIMIT_MS));
  const found = await targets.trace.span("target read back", { request, attributes: { target } }, list);
  return found.filter(
    ({ request: of, name, ref }) => of === request || name === own.name || (ref !== undefined && ref === own.ref),
  );
}

/** What is at the target, or would be if a grant that never answered succeeded after all. */
export function handleOf(state: RequestState): Handle {
  return state.grant?.handle ?? { request: state.id, name: principalName(state.id) };
}
