import type { RequestState } from "./request.ts";

/**
 * How long access stood, and how much of that nothing was run, as far as digests tell; in milliseconds.
 *
 * @param state - of a request that has ended
 */
export function standingTime({ grant, endedAt = 0, observed }: RequestState): {
  readonly stoodMs: number;
  readonly idleMs: number;
} {
  const stoodMs = Math.max(0, endedAt - (grant?.startedAt ?? endedAt));
  return { stoodMs, idleMs: Math.max(0, stoodMs - (observed?.busyMs ?? 0)) };
}
