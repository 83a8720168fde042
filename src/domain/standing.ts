import type { RequestState } from "./request.ts";

/**
 * Where a request stands, in a sentence without names: what a stale card or a second click is answered with.
 *
 * @param state - as recorded
 */
export function standing(state: RequestState): string {
  const votes = state.approvals.length;
  switch (state.phase) {
    case "waiting":
      return `It waits: ${votes} of ${state.verdict.quorum} approvals so far.`;
    case "approved":
    case "granting":
      return "It was approved, and access is being given.";
    case "active":
      return "It was approved, and access is on.";
    case "ending":
      return "Access is being ended now.";
    case "ended":
      return state.grant?.outcome === "failed"
        ? "Access could not be given, and nothing is left at the target."
        : "Access has ended, and that was checked.";
    case "denied":
      return "It was denied.";
    case "withdrawn":
      return "The requester withdrew it.";
    case "lapsed":
      return "Nobody decided in time, so it lapsed.";
  }
}
