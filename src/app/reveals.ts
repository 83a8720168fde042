import { takesKey } from "../domain/decide-credential.ts";
import type { Proof } from "../domain/proof.ts";
import { aboutRequest } from "../domain/prove.ts";
import type { RequestState } from "../domain/request.ts";
import { Refusal, StepUpNeeded } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { failed, type Assertion } from "../stepup/assertion.ts";
import { overRefusal, whyOver, type Links, type Purpose, type WhyOver } from "../stepup/links.ts";
import type { ClearCredential, Credentials } from "../vault/credentials.ts";
import type { Handle } from "./handle.ts";
import type { KeyRing } from "./key-ring.ts";
import { actorOf, type Proving } from "./proving.ts";

export interface RevealsOptions {
  readonly ledger: Ledger;
  readonly ring: KeyRing;
  readonly links: Links;
  readonly proving: Proving;
  readonly credentials: Credentials;
  readonly handle: Handle;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What a link to a credential leads to, for its page. */
export type BehindCredential =
  | { readonly kind: "over"; readonly why: WhyOver }
  /** There is nothing to see (any more). */
  | { readonly kind: "shut"; readonly why: "ended" | "shown" | "rotating"; readonly request: RequestState }
  | {
      readonly kind: "credential";
      readonly person: string;
      /** Until when the link can be used, epoch milliseconds. */
      readonly until: number;
      readonly request: RequestState;
      /** Whether it takes a key to see it. */
      readonly takesKey: boolean;
    };

/** What a page shows once it may, and how long that works. */
export interface Shown {
  readonly credential: ClearCredential;
  readonly leftMs: number;
}

/** How it stands with the access, for the page that showed its secret. */
export interface StandingNow {
  /** Absent when it is over. */
  readonly leftMs?: number;
  readonly rotating: boolean;
  /** Which credential is the newest. */
  readonly number: number;
  /** Why the last fresh one could not be made. */
  readonly problem?: string | undefined;
}

/** What a page brings along: the link's token, and a text of its own that nobody else has. */
export interface PageCall {
  readonly token: string;
  readonly claim: string;
}

type Reveal = Extract<Purpose, { kind: "reveal" }>;

/**
 * The one page where a secret is shown, once, to its requester alone.
 *
 * There is no moment at which showing and recording are one, so one of them is first. Shown first, a page that keeps quiet would have
 * the secret and the ledger would not know: so it is **recorded first**, and a secret leaves the program only after its entry. What
 * is then lost on its way (a crash, a network that breaks) can be asked for again until the page has said that it showed it; only
 * that takes the sealed bytes out of Redis:
 *
 * - The page makes up a text (`claim`) and binds the link to it before anything is recorded. Until it has said `shown`, the same page
 *   may ask again with it, at any replica, and nothing new is recorded. Another page with the same link gets nothing.
 * - If the page itself is lost, a new link from chat opens it once more, with a new entry: the thread says "again".
 * - Once `shown` has come, nothing opens it any more. *Rotate* makes a fresh one, and the old one stops working.
 *
 * Afterwards the page can end the access and rotate the secret for as long as there is access, by the same text.
 */
export class Reveals {
  readonly #options: RevealsOptions;

  constructor(options: RevealsOptions) {
    this.#options = options;
  }

  /** What a link leads to. Uses nothing up, so that a preview of it can look too. */
  async look(token: string): Promise<BehindCredential> {
    const { links, ledger, ring, credentials, now } = this.#options;
    const found = await links.look(token);
    if (found?.purpose.kind !== "reveal") return { kind: "over", why: "unknown" };
    const { person, about, nonce } = found.purpose;
    const request = (await ledger.load(about))?.state;
    if (request === undefined) return { kind: "over", why: "unknown" };
    if (leftMs(request, now()) === undefined) return { kind: "shut", why: "ended", request };
    if (request.rotation !== undefined) return { kind: "shut", why: "rotating", request };
    if (!(await credentials.waits(about, request.credential))) return { kind: "shut", why: "shown", request };
    const why = whyOver(found, now());
    // The page that has it, and has not said so yet, is loaded again.
    if (why !== undefined && request.opened?.nonce !== nonce) return { kind: "over", why };
    return {
      ...{ kind: "credential", person, until: found.until, request },
      takesKey: takesKey(request, await ring.read()),
    };
  }

  /**
   * What the browser asks the person's keys to sign; nothing where it takes no key, or was recorded for this page already.
   *
   * @throws `STEP_UP_LINK`
   */
  async askForProof({ token, claim }: PageCall) {
    const { links, ring, proving } = this.#options;
    const purpose = await this.#purpose(token);
    const request = await this.#request(purpose);
    if (request.opened?.nonce === purpose.nonce && (await links.isClaimedBy(token, claim))) return {};
    await this.#refuseOver(token);
    if (!takesKey(request, await ring.read())) return {};
    return await proving.ask(aboutRequest(request, actorOf(purpose), "reveal"), purpose.nonce);
  }

  /**
   * Records that the secret is opened, and gives it.
   *
   * @param signed - what a key signed, and the version that was read, as {@link askForProof} gave it
   * @throws `STEP_UP_LINK`, `STEP_UP_THROTTLED`, `STEP_UP_NEEDED`, `STEP_UP_STALE`, `STEP_UP_FAILED`, `SEAL_BROKEN`, and those of the
   *   door for people
   */
  async reveal({ token, claim }: PageCall, signed?: { version: number; response: Assertion }): Promise<Shown> {
    const { links, credentials, handle, ring, now } = this.#options;
    const purpose = await this.#purpose(token);
    if (!(await links.mayTry(token)))
      throw new Refusal("STEP_UP_THROTTLED", "This link was tried too often.", {
        next: "Click the button in your direct message again.",
      });
    const { about: id, caller, nonce } = purpose;
    const request = await this.#request(purpose);
    if (request.opened?.nonce === nonce && (await links.isClaimedBy(token, claim))) {
      const again = await credentials.open(id, request.credential);
      if (again !== undefined) return this.#shown(request, again);
    }
    await this.#refuseOver(token).catch(async (error: unknown) => {
      if (signed !== undefined) await this.#tell(purpose, failed("The link was used already, or is too old."));
      throw error;
    });
    if (signed === undefined && takesKey(request, await ring.read()))
      throw new Refusal("STEP_UP_NEEDED", "It takes your security key or passkey to see it.", {
        next: "Reload the page.",
      });
    // It is opened before it is recorded: what can't be opened must not count as opened.
    const credential = await credentials.open(id, request.credential);
    let recorded: RequestState;
    try {
      const proof = signed && (await this.#check(purpose, request, signed));
      if (!(await links.claim(token, claim, leftMs(request, now()) ?? 0))) throw overRefusal("used");
      recorded = (await handle(caller, { type: "Reveal", id, nonce }, proof)).state;
    } catch (error) {
      await this.#tell(purpose, error);
      throw error;
    }
    await links.use(token);
    // A fresh one may have come in between: then that one was recorded.
    const newest =
      recorded.credential === request.credential ? credential : await credentials.open(id, recorded.credential);
    if (newest === undefined)
      throw new Refusal("CREDENTIAL_ROTATING", "A fresh credential came in between.", { next: "Click again in chat." });
    return this.#shown(recorded, newest);
  }

  /** The page has shown it: nothing opens it any more. @throws `STEP_UP_LINK` */
  async shown(call: PageCall): Promise<void> {
    const { purpose, request } = await this.#session(call);
    if (request.opened?.nonce === purpose.nonce) await this.#options.credentials.drop(request.id, request.credential);
  }

  /** How it stands, for a page that showed a secret. @throws `STEP_UP_LINK` */
  async standing(call: PageCall): Promise<StandingNow> {
    const { request } = await this.#session(call);
    const left = leftMs(request, this.#options.now());
    return {
      ...(left !== undefined && { leftMs: left }),
      rotating: request.rotation !== undefined,
      number: request.credential,
      problem: request.rotationProblem,
    };
  }

  /** Asks for a fresh secret. @throws `STEP_UP_LINK`, and those of the door for people */
  async rotate(call: PageCall): Promise<void> {
    const { purpose, request } = await this.#session(call);
    await this.#options.handle(purpose.caller, { type: "RotateCredential", id: request.id });
  }

  /** A link to the fresh one. @throws `STEP_UP_LINK`, `STEP_UP_THROTTLED`, and those of the door for people */
  async fresh(call: PageCall): Promise<string> {
    const { purpose, request } = await this.#session(call);
    try {
      await this.#options.handle(purpose.caller, { type: "Reveal", id: request.id });
    } catch (error) {
      if (error instanceof StepUpNeeded && error.link !== undefined) return error.link;
      throw error;
    }
    // It was lost before anybody saw it, and is being made anew.
    throw new Refusal("CREDENTIAL_ROTATING", "A fresh credential is being made once more.", {
      next: "Click the button in your direct message in a few seconds.",
    });
  }

  /** Ends the access now. @throws `STEP_UP_LINK`, and those of the door for people */
  async end(call: PageCall): Promise<void> {
    const { purpose, request } = await this.#session(call);
    await this.#options.handle(purpose.caller, { type: "EndEarly", id: request.id });
  }

  /** The link of a page that was the first to come with it. */
  async #session({ token, claim }: PageCall): Promise<{ purpose: Reveal; request: RequestState }> {
    const purpose = await this.#purpose(token);
    if (!(await this.#options.links.isClaimedBy(token, claim))) throw overRefusal("used");
    return { purpose, request: await this.#request(purpose) };
  }

  async #purpose(token: string): Promise<Reveal> {
    const found = await this.#options.links.look(token);
    if (found?.purpose.kind !== "reveal") throw overRefusal("unknown");
    return found.purpose;
  }

  async #refuseOver(token: string): Promise<void> {
    const why = whyOver(await this.#options.links.look(token), this.#options.now());
    if (why !== undefined) throw overRefusal(why);
  }

  async #request({ about }: Reveal): Promise<RequestState> {
    const loaded = await this.#options.ledger.load(about);
    if (loaded === undefined) throw overRefusal("unknown");
    return loaded.state;
  }

  async #check(
    purpose: Reveal,
    request: RequestState,
    { version, response }: { version: number; response: Assertion },
  ): Promise<Proof> {
    const about = aboutRequest(request, actorOf(purpose), "reveal");
    return await this.#options.proving.check(about, purpose.nonce, version, response);
  }

  async #tell(purpose: Reveal, error: unknown): Promise<void> {
    await this.#options.proving.tell({ purpose, request: purpose.about, action: "reveal" }, error);
  }

  #shown(request: RequestState, credential: ClearCredential): Shown {
    return { credential, leftMs: leftMs(request, this.#options.now()) ?? 0 };
  }
}

/** How long access is on yet, milliseconds; undefined when it is not. */
function leftMs({ phase, deadline = 0 }: RequestState, now: number): number | undefined {
  return phase === "active" && now < deadline ? deadline - now : undefined;
}
