import { aboutChange } from "../domain/decide-keys.ts";
import type { DomainEvent } from "../domain/events.ts";
import { foldKeys, isAnybodyEnrolled, NO_KEYS, type Keys } from "../domain/keys.ts";
import { challengeOf, type Evidence } from "../domain/proof.ts";
import { aboutRequest, type About } from "../domain/prove.ts";
import { evolve, isOver, takesProof, type RequestState } from "../domain/request.ts";
import { asCoded, CodedError } from "../errors.ts";
import { eventOf, type Entry } from "../ledger/entry.ts";
import { PEOPLES_KEYS, streamOf } from "../ledger/keys.ts";
import { clientDataOf, verifyAssertion } from "../stepup/assertion.ts";

type Passed = Extract<DomainEvent, { type: "StepUpPassed" }>;

/** What is decided on a request that goes on. */
const DECIDED: readonly DomainEvent["type"][] = ["StepUpPassed", "ApprovalGiven", "EmergencyInvoked"];
/** A key may have been enrolled while somebody without one was going ahead alone, or saw their secret. */
const FIRST_KEY_MS = 60_000;

/**
 * Checks the confirmations with keys again, from nothing but a ledger's entries: each signature, by the key that was enrolled at
 * that moment, over what the request was at that moment; and that there is one wherever the verdict asked for it.
 */
export class StepUpAudit {
  #keys: Keys = NO_KEYS;
  readonly #requests = new Map<string, RequestState>();
  readonly #nonces = new Set<string>();
  /** The proof that the entry right after it stands on. */
  #before: Passed | undefined;
  #checked = 0;
  #problem: string | undefined;

  /** How many confirmations hold, and the first thing that doesn't. */
  get found(): { readonly checked: number; readonly problem?: string } {
    return { checked: this.#checked, ...(this.#problem !== undefined && { problem: this.#problem }) };
  }

  /** Takes the next entry; none is taken after one that doesn't hold. */
  async see(entry: Entry): Promise<void> {
    if (this.#problem !== undefined) return;
    try {
      await this.#see(entry);
    } catch (error) {
      const { code, message } = asCoded(error);
      if (code === "INTERNAL") throw error;
      this.#problem = `entry ${entry.seq}${entry.request === undefined ? "" : ` of ${entry.request}`}: ${message}`;
    }
  }

  async #see(entry: Entry): Promise<void> {
    const event = eventOf(entry);
    const proof = this.#before;
    this.#before = undefined;
    if (proof !== undefined && !confirms(proof, event))
      throw wrong("A confirmation with a key stands before it, and is for something else.");
    if (event === undefined) this.#count(entry.request);
    else if (entry.request !== undefined) await this.#seeRequest(entry.request, event, proof);
    else if (streamOf(event.type) === PEOPLES_KEYS) await this.#seeKeys(event, proof);
  }

  async #seeRequest(id: string, event: DomainEvent, proof: Passed | undefined): Promise<void> {
    const before = this.#requests.get(id);
    if (before === undefined && event.type !== "RequestOpened") {
      if (DECIDED.includes(event.type) || isOpening(event)) throw wrong("The request was never opened, or is over.");
      return;
    }
    if (before !== undefined) refuseUnproven(before, event, proof, this.#keys);
    if (before !== undefined && event.type === "StepUpPassed") {
      await this.#check(event, aboutRequest(before, event.actor, event.data.action));
      if (event.data.action !== "ask") this.#before = event;
      else if (event.actor.person !== before.requester) throw wrong("Somebody else than the requester confirmed it.");
    }
    const state = { ...evolve(before, event, id), version: (before?.version ?? 0) + 1 };
    // Nothing is decided any more on what is over: a long ledger must not need much memory.
    if (isOver(state)) this.#requests.delete(id);
    else this.#requests.set(id, state);
  }

  async #seeKeys(event: DomainEvent, proof: Passed | undefined): Promise<void> {
    // What it is for stands in the next entry.
    if (event.type === "StepUpPassed") this.#before = event;
    const { actor } = event;
    if ((event.type === "KeyInvited" || event.type === "KeyRemoved") && actor.via !== "cli") {
      const change = this.#keys.changes.get(event.data.change);
      if (change === undefined) throw wrong("Nobody asked for this change of keys.");
      if (proof !== undefined) await this.#check(proof, aboutChange(change, actor));
      else if (isAnybodyEnrolled(this.#keys)) throw wrong("A change of keys was confirmed without a key.");
    }
    this.#keys = foldKeys(this.#keys, [event]);
  }

  /** What a later version wrote is counted all the same: proofs name how many entries there were. */
  #count(id: string | undefined): void {
    const state = id === undefined ? undefined : this.#requests.get(id);
    if (state !== undefined) this.#requests.set(state.id, { ...state, version: state.version + 1 });
  }

  /** @throws `STEP_UP_FAILED`, saying which of it does not hold */
  async #check({ data }: Passed, about: About): Promise<void> {
    const { nonce, version, action, evidence } = data;
    const key = this.#keys.byCredential.get(evidence.credential);
    if (key?.person !== about.person) throw wrong("The key was not enrolled as theirs at that time.");
    if (action !== about.action || version !== about.version) throw wrong("What was confirmed is not what there was.");
    if (this.#nonces.has(nonce)) throw wrong("The same confirmation stands there twice.");
    if (evidence.counter > key.counter) throw wrong("The key's count was not recorded before.");
    this.#nonces.add(nonce);
    const { origin } = clientDataOf(evidence.clientData);
    if (hostOf(origin) !== key.rpId) throw wrong("It was made at another web address.");
    const again = await verifyAssertion(
      assertionOf(evidence),
      // That the key had counted that far was recorded right before the proof.
      { ...key, counter: evidence.counter === 0 ? key.counter : evidence.counter - 1 },
      { challenge: challengeOf({ ...about, nonce }), origin, rpId: key.rpId },
    );
    if (again.clientDataHash !== evidence.clientDataHash || again.flags !== evidence.flags)
      throw wrong("The record of it differs from what was signed.");
    this.#checked += 1;
  }
}

/** Whether a secret was shown. Versions before the page recorded that a direct message had come, and when was chance. */
function isOpening(event: DomainEvent): event is Extract<DomainEvent, { type: "CredentialRevealed" }> {
  return event.type === "CredentialRevealed" && event.data.by === "page";
}

/** Whether a proof is for the entry that follows it. */
function confirms({ actor, data }: Passed, event: DomainEvent | undefined): boolean {
  if (event === undefined || event.actor.person !== actor.person) return false;
  switch (data.action) {
    case "approve":
      return event.type === "ApprovalGiven";
    case "break-glass":
      return event.type === "EmergencyInvoked";
    case "confirm-key":
      return event.type === "KeyInvited" || event.type === "KeyRemoved";
    case "reveal":
      return event.type === "CredentialRevealed" && event.data.nonce === data.nonce;
    case "ask":
      return false;
  }
}

/** @throws `STEP_UP_FAILED` where something counted that takes a key, and there is no proof */
function refuseUnproven(state: RequestState, event: DomainEvent, proof: Passed | undefined, keys: Keys): void {
  const { verdict, phase } = state;
  if (phase === "unconfirmed" && ["ApprovalGiven", "EmergencyInvoked", "GrantStarted"].includes(event.type))
    throw wrong("It went on before its requester confirmed it.");
  if (proof !== undefined) return;
  if (event.type === "ApprovalGiven" && (takesProof(verdict, "approver") || event.data.proven === true))
    throw wrong("An approval counted without a proof with a key.");
  const there = [...keys.byCredential.values()].filter((key) => key.enrolledAt + FIRST_KEY_MS < event.at);
  if (isOpening(event)) {
    if (event.actor.person !== state.requester) throw wrong("Somebody else than the requester opened the credential.");
    const hasKey = there.some(({ person }) => person === state.requester);
    if (takesProof(verdict, "requester") || event.data.proven === true || hasKey)
      throw wrong("A credential was opened without a proof with a key.");
  }
  if (event.type !== "EmergencyInvoked") return;
  const isAnybodyThere = there.length > 0;
  if (takesProof(verdict, "requester") || event.data.proven === true || isAnybodyThere)
    throw wrong("Somebody went ahead alone without a proof with a key.");
}

function assertionOf({ credential: id, clientData, authenticatorData, signature }: Evidence) {
  const response = { clientDataJSON: clientData, authenticatorData, signature };
  return { id, rawId: id, type: "public-key" as const, response };
}

function hostOf(origin: string): string | undefined {
  return URL.canParse(origin) ? new URL(origin).hostname : undefined;
}

function wrong(message: string): CodedError {
  return new CodedError("STEP_UP_FAILED", message);
}
