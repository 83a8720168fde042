import { randomBytes } from "node:crypto";
import { z } from "zod";
import type { AskedOfKey, SoftKey } from "./soft-key.ts";

const shownSchema = z.object({
  user: z.string(),
  password: z.string(),
  connect: z.string().optional(),
  leftMs: z.number(),
});
const askedSchema = z.object({
  version: z.int().optional(),
  options: z.object({ challenge: z.string() }).optional(),
});

/** What the page shows. */
export type ShownCredential = z.output<typeof shownSchema>;

/** What a page's call was answered. */
export interface PageReply {
  readonly status: number;
  readonly answer: unknown;
}

/** The page where a secret is shown, as its own script speaks with the server: for the play, and for tests. */
export class CredentialPage {
  /** The page's own text: another page has another. */
  readonly claim: string;
  readonly #link: URL;
  readonly #at: URL;

  /**
   * @param link - the one-time link
   * @param at - where the bot listens, if not at the link's own address
   * @param claim - of a page that was loaded again
   */
  constructor(link: string, at = link, claim = randomBytes(32).toString("base64url")) {
    this.#link = new URL(link);
    this.#at = new URL(this.#link.pathname, at);
    this.claim = claim;
  }

  /** @param path - below the page's own: `/shown` */
  async call(path: string, body: object = {}): Promise<PageReply> {
    const headers = { "content-type": "application/json", origin: this.#link.origin };
    const sent = JSON.stringify({ claim: this.claim, ...body });
    const response = await fetch(`${this.#at.href}${path}`, { method: "POST", headers, body: sent });
    const text = await response.text();
    return { status: response.status, answer: text === "" ? {} : JSON.parse(text) };
  }

  /** Asks for the secret, with a key where one is asked for; what it is answered, be it a refusal. */
  async ask(key?: SoftKey, changed: Partial<AskedOfKey> = {}): Promise<PageReply> {
    const asked = await this.call("/options");
    if (asked.status !== 200) return asked;
    const { version, options } = askedSchema.parse(asked.answer);
    if (options === undefined || key === undefined) return await this.call("");
    const { hostname: rpId, origin } = this.#link;
    const response = key.sign({ challenge: options.challenge, rpId, origin, ...changed });
    return await this.call("", { signed: { version, response } });
  }

  /** Opens it, and says that it was shown. */
  async open(key?: SoftKey): Promise<ShownCredential> {
    const { status, answer } = await this.ask(key);
    if (status !== 200) throw new Error(`the page was refused: ${JSON.stringify(answer)}`);
    await this.call("/shown");
    return shownSchema.parse(answer);
  }
}
