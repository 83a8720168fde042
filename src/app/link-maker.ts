import { Refusal } from "../errors.ts";
import type { Links } from "../stepup/links.ts";
import type { RelyingParty } from "../stepup/relying-party.ts";
import type { AskedProof } from "./order.ts";
import type { Caller } from "./whois.ts";

/** Makes the one-time links that lead to our pages. */
export class LinkMaker {
  readonly #links: Links;
  readonly #party: RelyingParty;

  constructor(links: Links, party: RelyingParty) {
    this.#links = links;
    this.#party = party;
  }

  /** Where something is confirmed with a key, or a secret is shown. Five minutes, once. @throws `STEP_UP_THROTTLED` */
  async toConfirm({ caller, person, action, about }: AskedProof): Promise<string> {
    const nonce = this.#links.nonce();
    if (action === "reveal")
      return this.#url("credential", await this.#links.make({ kind: "reveal", caller, person, about, nonce }));
    return this.#url("confirm", await this.#links.make({ kind: "confirm", caller, person, action, about, nonce }));
  }

  /**
   * Where a key is enrolled, once.
   *
   * @param forMs - how long the link can be used
   * @throws `STEP_UP_THROTTLED`
   */
  async toEnrol(caller: Caller, person: string, change: string, forMs?: number): Promise<string> {
    const nonce = this.#links.nonce();
    return this.#url("keys", await this.#links.make({ kind: "enrol", caller, person, change, nonce }, forMs));
  }

  #url(page: string, token: string | undefined): string {
    if (token !== undefined) return `${this.#party.url}${page}/${token}`;
    throw new Refusal("STEP_UP_THROTTLED", "You asked for many links in a few minutes.", {
      next: "Use one of those you have, or wait five minutes.",
    });
  }
}
