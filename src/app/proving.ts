import { keysOf } from "../domain/keys.ts";
import type { Actor } from "../domain/people.ts";
import { challengeOf, type Proof } from "../domain/proof.ts";
import { failedProof, type About } from "../domain/prove.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded, type ProvenAction } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import { askForAssertion, failed, verifyAssertion, type Assertion } from "../stepup/assertion.ts";
import type { Purpose } from "../stepup/links.ts";
import type { RelyingParty } from "../stepup/relying-party.ts";
import type { KeyRing } from "./key-ring.ts";

export interface ProvingOptions {
  readonly ledger: Ledger;
  readonly ring: KeyRing;
  readonly party: RelyingParty;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Puts "look at this request" on the queues; never fails. */
  readonly wake: (state: RequestState) => void;
  readonly log: Log;
}

/** Asks keys for proofs, holds what they signed against what was asked, and has it told where that is none. */
export class Proving {
  readonly #options: ProvingOptions;

  constructor(options: ProvingOptions) {
    this.#options = options;
  }

  /** What the browser asks the person's keys to sign, and the version of what is confirmed. */
  async ask(about: About, nonce: string) {
    const { ring, party } = this.#options;
    const keys = keysOf(await ring.read(), about.person);
    const challenge = challengeOf({ ...about, nonce });
    return { version: about.version, options: await askForAssertion(party, keys, challenge) };
  }

  /**
   * Checks what a key signed.
   *
   * @param about - what is confirmed, as it stands now
   * @param version - as the person read it
   * @throws `STEP_UP_FAILED`
   */
  async check(about: About, nonce: string, version: number, assertion: Assertion): Promise<Proof> {
    const { ring, party, now } = this.#options;
    const challenge = challengeOf({ ...about, version, nonce });
    const key = (await ring.read()).byCredential.get(assertion.id);
    if (key?.person !== about.person) throw failed("It was made with a key that is not theirs.");
    const expected = { challenge, origin: party.origin, rpId: party.id };
    const evidence = await verifyAssertion(assertion, key, expected);
    await ring.used(key.credential, evidence.counter, now());
    return { nonce, version, challenge: challenge.toString("hex"), evidence };
  }

  /** Somebody came with a proof that is none: the thread says so, a few times at most. Any other error is passed over. */
  async tell(
    of: { readonly purpose: Purpose; readonly request: string; readonly action: ProvenAction },
    error: unknown,
  ) {
    const { code, message } = asCoded(error);
    if (code !== "STEP_UP_FAILED") return;
    const { ledger, now, log, wake } = this.#options;
    const { purpose, request, action } = of;
    const { person } = purpose;
    log.warn("a confirmation with a key was refused", { request, person, action, why: message });
    const state = action === "confirm-key" ? undefined : (await ledger.load(request))?.state;
    if (state === undefined) return;
    const events = failedProof(state, actorOf(purpose), action, message);
    if (events.length === 0) return;
    try {
      wake((await ledger.record({ id: request, state, events, at: now() })).state);
    } catch (failure) {
      if (!(failure instanceof Conflict)) throw failure;
    }
  }
}

/** Whom a link is for, by whose click it was made. */
export function actorOf({ person, caller }: Purpose): Actor {
  return { person, via: caller.via, account: caller.account };
}
