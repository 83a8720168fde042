import { TOO_LATE_MS, type Drill, type DrillFailure, type Score } from "./drill.ts";
import type { RequestState } from "./request.ts";

/**
 * How a drill went, from what is recorded of it.
 *
 * @param state - its request, when that is over
 */
export function scoreOf(state: RequestState & { readonly drill: Drill }): Score {
  const { openedAt, approvedAt, endedAt, lateMs, phase, drill } = state;
  const after = (at: number | undefined) => (at === undefined ? undefined : at - openedAt);
  const failure = failureOf(state);
  const isGone = phase === "ended" && state.grant?.outcome === "given";
  return {
    passed: failure === undefined,
    failure,
    steps: {
      approved: after(approvedAt),
      granted: after(drill.grantedAt),
      works: drill.tried?.works === "yes" ? after(drill.tried.at) : undefined,
      revoked: isGone ? after(drill.revokedAt) : undefined,
      checked: isGone ? after(endedAt) : undefined,
    },
    lateMs: isGone ? lateMs : undefined,
    revokes: isGone ? drill.revokes : undefined,
  };
}

function failureOf({
  phase,
  grant,
  lateMs = 0,
  drill,
}: RequestState & { readonly drill: Drill }): DrillFailure | undefined {
  if (phase === "denied" || phase === "withdrawn" || phase === "lapsed") return phase;
  if (grant?.outcome !== "given") return "not-granted";
  if (drill.tried === undefined) return "not-tried";
  if (drill.tried.works === "no") return "not-working";
  return lateMs >= TOO_LATE_MS ? "late" : undefined;
}
