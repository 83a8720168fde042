import { Refusal, StepUpNeeded, type ProvenAction } from "../errors.ts";
import type { NewEvent } from "./events.ts";
import { keysOf, type Keys } from "./keys.ts";
import type { Actor } from "./people.ts";
import { challengeOf, type Proof, type ProofSubject } from "./proof.ts";
import type { RequestState } from "./request.ts";

/** How many failed proofs of one request are told and recorded; nobody can grow the ledger with more. */
export const STEP_UP_FAILURES_TOLD = 5;

/** What a proof has to be about; its nonce is the proof's own. */
export type About = Omit<ProofSubject, "nonce"> & { readonly by: Actor };

/** What is confirmed of a request, as it stands now. */
export function aboutRequest(state: RequestState, by: Actor, action: ProvenAction): About {
  const { id: request, version, verdict } = state;
  return { request, version, person: by.person ?? "", action, verdict, by };
}

/**
 * A click is not enough (promise P9): without a proof that is bound to exactly this, by a key that is exactly this person's,
 * there is no event.
 *
 * @param about - what it has to be bound to, as it stands now
 * @param proof - whose signature `stepup/` found right; undefined for a mere click
 * @throws {@link StepUpNeeded}; `STEP_UP_NO_KEY`, `STEP_UP_STALE`, `STEP_UP_FAILED`
 */
export function prove(about: About, proof: Proof | undefined, keys: Keys): NewEvent {
  const { by, action, version, person } = about;
  refuseKeyless(keys, person);
  if (proof === undefined) throw new StepUpNeeded(action);
  if (proof.version !== version) {
    throw new Refusal(
      "STEP_UP_STALE",
      "Something happened to it while you confirmed, so your confirmation was not used.",
      {
        next: "Read what it says now, and confirm once more.",
      },
    );
  }
  const { nonce, challenge, evidence } = proof;
  const owner = keys.byCredential.get(evidence.credential)?.person;
  if (owner !== person || challengeOf({ ...about, nonce }).toString("hex") !== challenge) {
    throw new Refusal("STEP_UP_FAILED", "That confirmation is not yours for this.", {
      next: "Begin again where you clicked.",
    });
  }
  return { type: "StepUpPassed", actor: by, data: { action, version, nonce, evidence } };
}

/** @throws `STEP_UP_NO_KEY`: better said before a link is made that would be in vain */
export function refuseKeyless(keys: Keys, person: string): void {
  if (keysOf(keys, person).length > 0) return;
  throw new Refusal("STEP_UP_NO_KEY", "This takes a security key or passkey, and you have none enrolled.", {
    next: "/breakglass key add asks for one; an administrator confirms it.",
  });
}

/**
 * What is recorded of a proof that was none.
 *
 * @param problem - in words, with nothing of what was sent in them
 * @returns nothing once enough was told
 */
export function failedProof(state: RequestState, by: Actor, action: ProvenAction, problem: string): NewEvent[] {
  if (state.stepUpFailures >= STEP_UP_FAILURES_TOLD) return [];
  return [{ type: "StepUpFailed", actor: by, data: { action, problem } }];
}
