import { aboutChange } from "../domain/decide-keys.ts";
import { keysOf, type KeyChange } from "../domain/keys.ts";
import type { Policy } from "../domain/policy/schema.ts";
import { enrolmentChallenge, type Proof } from "../domain/proof.ts";
import { aboutRequest, type About } from "../domain/prove.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded, Refusal } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { failed, type Assertion } from "../stepup/assertion.ts";
import { overRefusal, whyOver, type Links, type Purpose, type WhyOver } from "../stepup/links.ts";
import { askForRegistration, verifyRegistration, type Registration } from "../stepup/registration.ts";
import type { RelyingParty } from "../stepup/relying-party.ts";
import type { Handle } from "./handle.ts";
import type { Order } from "./order.ts";
import type { KeyDoor } from "./key-door.ts";
import type { KeyRing } from "./key-ring.ts";
import { actorOf, type Proving } from "./proving.ts";

export interface ConfirmationsOptions {
  readonly ledger: Ledger;
  readonly ring: KeyRing;
  readonly links: Links;
  readonly proving: Proving;
  readonly party: RelyingParty;
  readonly handle: Handle;
  readonly keyDoor: KeyDoor;
  readonly policy: () => Policy;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a link leads to, for its page. */
export type Behind =
  | { readonly kind: "over"; readonly why: WhyOver }
  | {
      readonly kind: "confirm";
      readonly person: string;
      readonly action: Confirm["action"];
      readonly until: number;
      readonly about: { readonly request: RequestState } | { readonly change: KeyChange };
    }
  | { readonly kind: "enrol"; readonly person: string; readonly until: number; readonly change: KeyChange };

type Confirm = Extract<Purpose, { kind: "confirm" }>;
type Enrol = Extract<Purpose, { kind: "enrol" }>;

const ORDERS: Readonly<Record<Exclude<Confirm["action"], "confirm-key">, (id: string) => Order>> = {
  ask: (id) => ({ type: "Confirm", id }),
  approve: (id) => ({ type: "Approve", id }),
  "break-glass": (id) => ({ type: "BreakGlass", id }),
};

/**
 * What stands behind the one-time links. Looking changes nothing. What was confirmed goes through the same doors as a click, with
 * the proof in hand, and is decided there anew.
 */
export class Confirmations {
  readonly #options: ConfirmationsOptions;

  constructor(options: ConfirmationsOptions) {
    this.#options = options;
  }

  /** What a link leads to. Uses nothing up, so that a preview of it can look too. */
  async look(token: string): Promise<Behind> {
    const found = await this.#options.links.look(token);
    const why = whyOver(found, this.#options.now());
    if (found === undefined || why !== undefined) return { kind: "over", why: why ?? "unknown" };
    const { purpose, until } = found;
    const { person } = purpose;
    if (purpose.kind === "reveal") return { kind: "over", why: "unknown" };
    if (purpose.kind === "enrol") {
      const change = await this.#options.keyDoor.change(purpose.change);
      return change === undefined ? { kind: "over", why: "unknown" } : { kind: "enrol", person, until, change };
    }
    const { action, about: id } = purpose;
    if (action === "confirm-key") {
      const change = await this.#options.keyDoor.change(id);
      return change === undefined
        ? { kind: "over", why: "unknown" }
        : { kind: "confirm", person, action, until, about: { change } };
    }
    const request = (await this.#options.ledger.load(id))?.state;
    return request === undefined
      ? { kind: "over", why: "unknown" }
      : { kind: "confirm", person, action, until, about: { request } };
  }

  /**
   * What the browser asks the person's keys to sign, and the version of what is confirmed.
   *
   * @throws `STEP_UP_LINK`, `STEP_UP_THROTTLED`
   */
  async askForProof(token: string) {
    const purpose = await this.#open(token, "confirm");
    return await this.#options.proving.ask(await this.#about(purpose), purpose.nonce);
  }

  /**
   * Takes what a key signed, and carries out what was confirmed.
   *
   * @param version - as {@link askForProof} gave it
   * @throws `STEP_UP_LINK`, `STEP_UP_THROTTLED`, `STEP_UP_STALE`, `STEP_UP_FAILED`, and those of the doors
   */
  async prove(token: string, version: number, assertion: Assertion): Promise<void> {
    const { links, proving } = this.#options;
    const purpose = await this.#open(token, "confirm").catch(async (error: unknown) => {
      await this.#tellReplay(token, error);
      throw error;
    });
    if (!(await links.mayTry(token))) {
      throw new Refusal("STEP_UP_THROTTLED", "This link was tried too often.", {
        next: "Begin again where you clicked.",
      });
    }
    try {
      const about = await this.#about(purpose);
      await this.#carryOut(purpose, await proving.check(about, purpose.nonce, version, assertion));
    } catch (error) {
      await proving.tell(told(purpose), error);
      throw error;
    }
    await links.use(token);
  }

  /** What the browser makes a new key with. @throws `STEP_UP_LINK` */
  async askForKey(token: string) {
    const { ring, party, policy } = this.#options;
    const { person, change, nonce } = await this.#open(token, "enrol");
    const keys = keysOf(await ring.read(), person);
    const name = policy().people[person]?.name ?? person;
    const challenge = enrolmentChallenge(change, person, nonce);
    return await askForRegistration({
      ...{ party, person, name, keys, challenge },
      attested: policy().stepUpKeys !== undefined,
    });
  }

  /** Enrols the key that the browser made. @throws `STEP_UP_LINK`, `STEP_UP_THROTTLED`, `KEY_REFUSED`, and those of the door */
  async enrol(token: string, name: string, registration: Registration): Promise<void> {
    const { links, party, keyDoor } = this.#options;
    const { caller, person, change, nonce } = await this.#open(token, "enrol");
    if (!(await links.mayTry(token)))
      throw new Refusal("STEP_UP_THROTTLED", "This link was tried too often.", { next: "Ask for another one." });
    const challenge = enrolmentChallenge(change, person, nonce);
    const key = await verifyRegistration(registration, { challenge, party });
    await keyDoor.enrol(caller, person, { change, name, key });
    await links.use(token);
  }

  async #carryOut({ caller, action, about }: Confirm, proof: Proof): Promise<void> {
    const { handle, keyDoor } = this.#options;
    if (action === "confirm-key") await keyDoor.handle(caller, { type: "ConfirmKeyChange", change: about }, proof);
    else await handle(caller, ORDERS[action](about), proof);
  }

  /** What is confirmed, as it stands now. @throws `STEP_UP_LINK` */
  async #about(purpose: Confirm): Promise<About> {
    const { ledger, keyDoor } = this.#options;
    const by = actorOf(purpose);
    if (purpose.action === "confirm-key") {
      const change = await keyDoor.change(purpose.about);
      if (change === undefined) throw overRefusal("unknown");
      return aboutChange(change, by);
    }
    const loaded = await ledger.load(purpose.about);
    if (loaded === undefined) throw overRefusal("unknown");
    return aboutRequest(loaded.state, by, purpose.action);
  }

  async #open(token: string, kind: "confirm"): Promise<Confirm>;
  async #open(token: string, kind: "enrol"): Promise<Enrol>;
  async #open(token: string, kind: Purpose["kind"]): Promise<Purpose> {
    const found = await this.#options.links.look(token);
    const why = whyOver(found, this.#options.now());
    if (found === undefined || why !== undefined) throw overRefusal(why ?? "unknown");
    if (found.purpose.kind !== kind) throw overRefusal("unknown");
    return found.purpose;
  }

  async #tellReplay(token: string, error: unknown): Promise<void> {
    const found = await this.#options.links.look(token);
    if (found?.purpose.kind === "confirm" && asCoded(error).code === "STEP_UP_LINK")
      await this.#options.proving.tell(
        told(found.purpose),
        failed(found.used ? "The link was used already." : "The link was too old."),
      );
  }
}

function told(purpose: Confirm) {
  return { purpose, request: purpose.about, action: purpose.action };
}
