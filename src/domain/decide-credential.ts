import { Refusal, StepUpNeeded } from "../errors.ts";
import { VAULT } from "./accounts.ts";
import type { CommandOf, Facts } from "./commands.ts";
import type { NewEvent } from "./events.ts";
import { keysOf, type Keys } from "./keys.ts";
import { aboutRequest, prove, refuseKeyless } from "./prove.ts";
import { takesProof, wasOpened, type RequestState } from "./request.ts";

/** How often one credential is given out to a page that never says that it came: a browser that dies is no habit. */
export const OPENED_MAX = 5;
/** How often a fresh one is made for a request: nobody can grow the ledger with more. */
export const ROTATIONS_MAX = 20;

/**
 * Whether its requester sees the secret only with a key: where the verdict asks the requester for one, and for everybody who has one.
 *
 * @param keys - those that are enrolled now
 */
export function takesKey({ verdict, requester }: RequestState, keys: Keys): boolean {
  return takesProof(verdict, "requester") || keysOf(keys, requester).length > 0;
}

/**
 * What follows when the requester wants to see the secret. Only a page shows it: a click gets a link to one.
 *
 * @param state - access that is on, of whoever asks
 * @throws {@link StepUpNeeded}; `CREDENTIAL_NONE`, `CREDENTIAL_ROTATING`, `CREDENTIAL_OPENED`, `CREDENTIAL_LIMIT`, `STEP_UP_LINK`, and
 *   those of {@link prove}
 */
export function reveal(state: RequestState, { by, nonce, proof }: CommandOf<"Reveal">, facts: Facts): NewEvent[] {
  const { opened, rotation, revealable } = state;
  // What Redis lost before anybody saw it is made anew at the click: there is nothing else to do.
  const isLost = revealable && rotation === undefined && opened === undefined && facts.credentialWaits !== true;
  if (isLost && nonce === undefined) return rotate(state, { type: "RotateCredential", by });
  refuseShut(state, facts);
  const isKeyed = takesKey(state, facts.keys);
  if (nonce === undefined) {
    if (isKeyed) refuseKeyless(facts.keys, state.requester);
    throw new StepUpNeeded("reveal");
  }
  if (state.openedBy.includes(nonce))
    throw new Refusal("STEP_UP_LINK", "This link was used already.", { next: "Begin again where you clicked." });
  if (!isKeyed) return [{ type: "CredentialRevealed", actor: by, data: { by: "page", nonce } }];
  const passed = prove(aboutRequest(state, by, "reveal"), proof, facts.keys);
  return [passed, { type: "CredentialRevealed", actor: by, data: { by: "page", nonce, proven: true } }];
}

/** @throws `CREDENTIAL_NONE`, `CREDENTIAL_ROTATING`, `CREDENTIAL_OPENED`, `CREDENTIAL_LIMIT` */
function refuseShut(state: RequestState, { credentialWaits = false }: Facts): void {
  const { id, revealable, rotation, opened } = state;
  if (!revealable) throw noSecret(id);
  if (rotation !== undefined)
    throw new Refusal("CREDENTIAL_ROTATING", `A fresh credential is being made for ${id}.`, {
      next: "Try again in a few seconds.",
    });
  if (!credentialWaits && opened === undefined)
    throw new Refusal("CREDENTIAL_NONE", `The credential of ${id} is not here any more, and nobody has opened it.`, {
      next: "Click the button in your direct message again: a fresh one is made.",
    });
  if (!credentialWaits)
    throw new Refusal("CREDENTIAL_OPENED", `The credential of ${id} was opened already, and is shown once.`, {
      next: isStatic(state) ? LOST : "Rotate gives you a fresh one, and the one before stops working.",
    });
  if (opened !== undefined && opened.times >= OPENED_MAX)
    throw new Refusal("CREDENTIAL_LIMIT", `The credential of ${id} was opened ${OPENED_MAX} times.`, {
      next: isStatic(state) ? LOST : "Rotate gives you a fresh one.",
    });
}

/**
 * What follows when the requester wants a fresh secret. It is shown as the first was, so that asking takes no key.
 *
 * @param state - access that is on, of whoever asks
 * @throws `CREDENTIAL_NONE`, `CREDENTIAL_ROTATING`, `CREDENTIAL_LIMIT`
 */
export function rotate(state: RequestState, { by }: CommandOf<"RotateCredential">): NewEvent[] {
  const { id, revealable, rotation, rotations } = state;
  if (!revealable) throw noSecret(id);
  if (isStatic(state) && wasOpened(state))
    throw new Refusal(
      "CREDENTIAL_OPENED",
      `The password of ${state.target} is the same for everybody, and was shown.`,
      { next: `Only when your time is over is it rotated. ${LOST}` },
    );
  if (rotation !== undefined)
    throw new Refusal("CREDENTIAL_ROTATING", `A fresh credential is being made for ${id} already.`, {
      next: "Your message says when it is there.",
    });
  if (rotations >= ROTATIONS_MAX)
    throw new Refusal("CREDENTIAL_LIMIT", `${id} had ${ROTATIONS_MAX} fresh credentials.`, {
      next: "End it, and ask again.",
    });
  return [{ type: "CredentialRotationAsked", actor: by, data: { number: rotations + 1 } }];
}

/** Whether the secret is the same for whoever has the access: who was shown it can't have another one made. */
export function isStatic({ verdict }: RequestState): boolean {
  return verdict.provider === VAULT;
}

const LOST = "Lost it? End it, and ask whoever runs this service to rotate it.";

function noSecret(id: string): Refusal {
  return new Refusal("CREDENTIAL_NONE", `No secret was made for ${id}: the target needs none.`, {
    next: "Get in with what you have already.",
  });
}
