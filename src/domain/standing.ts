import { isHeld, type RequestState } from "./request.ts";
import { ended, list } from "./text.ts";

/** How a person is called in a sentence. */
export type NameOf = (person: string) => string;

/**
 * Where a request stands, in a sentence: what a stale card or a second click is answered with, so that everyone who
 * clicked is told which decision it came to (promise P6).
 *
 * @param state - as recorded
 * @param nameOf - how people are called
 */
export function standing(state: RequestState, nameOf: NameOf): string {
  const votes = state.approvals.length;
  switch (state.phase) {
    case "unconfirmed":
      return `It waits for ${nameOf(state.requester)} to confirm it with a key.`;
    case "waiting":
      return `It waits: ${votes} of ${state.verdict.quorum} approvals so far.`;
    case "approved":
    case "granting":
      return isHeld(state)
        ? `${approved(state, nameOf)}, and access can't be given yet: ${ended(state.held?.at(-1)?.problem ?? "")}`
        : `${approved(state, nameOf)}, and access is being given.`;
    case "active":
      return state.rotation === undefined
        ? `${approved(state, nameOf)}, and access is on.`
        : `${approved(state, nameOf)}, access is on, and a fresh credential is being made.`;
    case "ending":
      if (state.grant?.outcome === "failed")
        return "Access could not be given; it is being made sure that nothing is left at the target.";
      return state.ending?.failures === 0
        ? "Access is being ended now."
        : "Access is being ended, and is not gone yet: it is tried until it is.";
    case "ended":
      if (state.secret === "burnt")
        return `It is over. ${nameOf(state.requester)} knows the password until it is rotated.`;
      return state.grant?.outcome === "failed"
        ? "Access could not be given, and nothing is left at the target."
        : "Access has ended, and that was checked.";
    case "denied":
      return `It was denied by ${nameOf(state.denied?.by.person ?? "")}.`;
    case "withdrawn":
      return `It was withdrawn by ${nameOf(begunBy(state))}.`;
    case "lapsed":
      return state.confirmed ? "Nobody decided in time, so it lapsed." : "It was not confirmed in time, so it lapsed.";
  }
}

/** Whoever asked; of a drill, whoever began it. */
export function begunBy({ drill, opener, requester }: RequestState): string {
  return (drill && opener.person) ?? requester;
}

function approved({ emergency, approvals, requester }: RequestState, nameOf: NameOf): string {
  if (emergency) return `${nameOf(requester)} broke the glass`;
  if (approvals.length === 0) return "It was approved by policy";
  return `It was approved by ${list(
    approvals.map(({ by }) => nameOf(by.person ?? "")),
    "and",
  )}`;
}
