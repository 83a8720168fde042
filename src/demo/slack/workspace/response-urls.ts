import type { Ids } from "./ids.ts";

const USES = 5;
const LIFE = 30 * 60 * 1000;

/** Where a response URL speaks to, and which message it may replace. */
export type ResponsePlace = { user: string; channel: string; source: { ts: string } | null };

/** The response URLs that Slack gives with commands and clicks: five uses within 30 minutes. */
export class ResponseUrls {
  readonly #ids: Ids;
  readonly #now: () => number;
  readonly #base: string;
  readonly #known = new Map<string, { place: ResponsePlace; until: number; left: number }>();

  /**
   * @param ids - for tails that can't be guessed
   * @param now - milliseconds since 1970
   * @param base - the workspace's own address
   */
  constructor(ids: Ids, now: () => number, base: string) {
    this.#ids = ids;
    this.#now = now;
    this.#base = base;
  }

  /** @param place - where its answers will stand */
  issue(place: ResponsePlace): string {
    const id = this.#ids.secret();
    this.#known.set(id, { place, until: this.#now() + LIFE, left: USES });
    return `${this.#base}/response/${id}`;
  }

  /**
   * Takes one use.
   *
   * @param id - the URL's tail
   * @returns the place, or why it no longer works
   */
  use(id: string): ResponsePlace | "invalid_url" | "expired_url" | "used_url" {
    const known = this.#known.get(id);
    if (known === undefined) return "invalid_url";
    if (this.#now() > known.until) return "expired_url";
    if (known.left === 0) return "used_url";
    known.left -= 1;
    return known.place;
  }
}
