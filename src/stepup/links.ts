import { createHash } from "node:crypto";
import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";
import { PLATFORMS } from "../domain/platform.ts";
import { PROVEN_ACTIONS, Refusal } from "../errors.ts";

const callerSchema = z.object({ via: z.enum([...PLATFORMS, "cli"]), account: z.string() });

/** What a one-time link is for. */
const purposeSchema = z.discriminatedUnion("kind", [
  /** Confirming something with a key. `caller`: by whose click it was made. */
  z.object({
    kind: z.literal("confirm"),
    caller: callerSchema,
    person: z.string(),
    action: z.enum(PROVEN_ACTIONS).exclude(["reveal"]),
    /** A request's id, or that of a change of keys. */
    about: z.string(),
    nonce: z.string(),
  }),
  /** Seeing the secret of a request, and what its page can do afterwards. */
  z.object({
    kind: z.literal("reveal"),
    caller: callerSchema,
    person: z.string(),
    /** The request's id. */
    about: z.string(),
    nonce: z.string(),
  }),
  /** Enrolling a key. */
  z.object({
    kind: z.literal("enrol"),
    caller: callerSchema,
    person: z.string(),
    change: z.string(),
    nonce: z.string(),
  }),
]);
export type Purpose = z.output<typeof purposeSchema>;

/** What stands behind a link. */
export type Found = { readonly purpose: Purpose; readonly until: number; readonly used: boolean };

/** Why nothing can be done with a link. */
export type WhyOver = "unknown" | "used" | "expired";

const recordSchema = z.object({ purpose: purposeSchema, until: z.int(), used: z.boolean() });

/** How long a link can be used, milliseconds: as long as it takes to fetch a key from the coat. */
export const LINK_MS = 300_000;
/** How long a used or expired link is remembered, so that it can say what became of it. */
const REMEMBERED_MS = 3_600_000;
/** How many links somebody may ask for within one link's life, and how often one link may be tried. */
const LINKS_MAX = 20;
const TRIES_MAX = 10;
const TOKEN_BYTES = 32;
const TOKEN = /^[\w-]{43}$/;

/**
 * One-time links. What Redis holds opens nothing: it keeps the hash of a link, not the link.
 */
export class Links {
  readonly #redis: Connection;
  readonly #random: (bytes: number) => Buffer;
  readonly #now: () => number;

  /**
   * @param random - fresh random bytes
   * @param now - epoch milliseconds
   */
  constructor(redis: Connection, random: (bytes: number) => Buffer, now: () => number) {
    this.#redis = redis;
    this.#random = random;
    this.#now = now;
  }

  /** Fresh random text that a proof is bound to. */
  nonce(): string {
    return this.#random(16).toString("base64url");
  }

  /**
   * Makes a link.
   *
   * @param forMs - how long it can be used
   * @returns its token; undefined when the person asked for too many
   */
  async make(purpose: Purpose, forMs = LINK_MS): Promise<string | undefined> {
    if (!(await this.#count(`links:${purpose.person}`, LINKS_MAX, LINK_MS))) return undefined;
    const token = this.#random(TOKEN_BYTES).toString("base64url");
    const record = { purpose, until: this.#now() + forMs, used: false };
    await this.#redis.set(keyOf(token), JSON.stringify(record), "PX", forMs + REMEMBERED_MS);
    return token;
  }

  /** What stands behind a token; undefined for one that was never given, or long ago. Looking uses nothing up. */
  async look(token: string): Promise<Found | undefined> {
    if (!TOKEN.test(token)) return undefined;
    const found = await this.#redis.get(keyOf(token));
    return found === null ? undefined : recordSchema.parse(JSON.parse(found));
  }

  /** Counts a try with a token. @returns false when it was tried too often */
  async mayTry(token: string): Promise<boolean> {
    return await this.#count(`tries:${hash(token)}`, TRIES_MAX, REMEMBERED_MS);
  }

  /**
   * Binds a link to the one page that comes first, by a text that only this page has: from then on it is no use to another.
   *
   * @param claim - the page's text
   * @param untilMs - how long the page can go on with it, milliseconds from now; the link is remembered as long
   * @returns whether the link is this page's
   */
  async claim(token: string, claim: string, untilMs: number): Promise<boolean> {
    const key = `${HASH_TAG}:claim:${hash(token)}`;
    const keptMs = untilMs + REMEMBERED_MS;
    const done = await this.#redis.multi().set(key, hash(claim), "PX", keptMs, "NX").get(key).exec();
    if (done?.[0]?.[1] === "OK") await this.#redis.pexpire(keyOf(token), keptMs);
    return done?.[1]?.[1] === hash(claim);
  }

  /** Whether a page has bound the link to itself with this text. */
  async isClaimedBy(token: string, claim: string): Promise<boolean> {
    return TOKEN.test(token) && (await this.#redis.get(`${HASH_TAG}:claim:${hash(token)}`)) === hash(claim);
  }

  /** From here on it opens nothing any more, and says that it was used. */
  async use(token: string): Promise<void> {
    const found = await this.look(token);
    if (found === undefined) return;
    await this.#redis.set(keyOf(token), JSON.stringify({ ...found, used: true }), "KEEPTTL", "XX");
  }

  async #count(name: string, max: number, withinMs: number): Promise<boolean> {
    const key = `${HASH_TAG}:${name}`;
    const counted = await this.#redis.multi().set(key, "0", "PX", withinMs, "NX").incr(key).exec();
    return Number(counted?.[1]?.[1] ?? Infinity) <= max;
  }
}

/** Why nothing can be done with what was found behind a token; undefined where something can. */
export function whyOver(found: Found | undefined, now: number): WhyOver | undefined {
  if (found === undefined) return "unknown";
  if (found.used) return "used";
  return now >= found.until ? "expired" : undefined;
}

export function overRefusal(why: WhyOver): Refusal {
  const said = {
    unknown: "There is nothing behind this link.",
    used: "This link was used already.",
    expired: "This link is too old.",
  }[why];
  return new Refusal("STEP_UP_LINK", said, { next: "Begin again where you clicked." });
}

function keyOf(token: string): string {
  return `${HASH_TAG}:link:${hash(token)}`;
}

function hash(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
