import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";
import { CodedError } from "../errors.ts";
import { Secret } from "../secret.ts";
import { gatewayKey } from "./gateway-credentials.ts";
import { SealedTexts, type SealedPlace } from "./sealed-texts.ts";
import type { VaultKeys } from "./vault-keys.ts";

const credentialSchema = z.strictObject({ user: z.string(), password: z.string(), connect: z.string().optional() });

/** A credential in the clear. It exists only between the target, the vault, and the one person it is for. */
export interface ClearCredential {
  readonly user: string;
  readonly password: Secret;
  readonly connect?: string | undefined;
}

/**
 * Credentials that wait for their requester: sealed, and gone from Redis as soon as a page has said that it showed them, at the end
 * of the access, and at the deadline at the latest. Each of a request's credentials has a number and a place of its own, so that
 * one that was shown late can't take a fresh one with it.
 */
export class Credentials {
  readonly #redis: Connection;
  readonly #texts: SealedTexts;

  constructor(redis: Connection, keys: VaultKeys, random: (bytes: number) => Buffer) {
    this.#redis = redis;
    this.#texts = new SealedTexts(redis, keys, random);
  }

  /**
   * Seals a credential of a request; the same number once more replaces it.
   *
   * @param number - 0 for the grant's own, and one more with each rotation
   * @param until - epoch milliseconds
   */
  async put(request: string, number: number, clear: ClearCredential, until: number): Promise<void> {
    const { user, password, connect } = clear;
    const text = JSON.stringify({ user, password: password.reveal(), connect });
    await this.#texts.put(placeOf(request, number), text, until);
  }

  /** Opens it; undefined when there is none any more. @throws `SEAL_BROKEN`, `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE` */
  async open(request: string, number: number): Promise<ClearCredential | undefined> {
    const text = await this.#texts.open(placeOf(request, number));
    if (text === undefined) return undefined;
    const { user, password, connect } = read(text);
    return { user, password: new Secret(password), ...(connect !== undefined && { connect }) };
  }

  /** By which key it is sealed; undefined when there is none, `unnamed` where it doesn't say. */
  async sealedBy(request: string, number: number): Promise<string | undefined> {
    return await this.#texts.sealedBy(placeOf(request, number));
  }

  /** Whether it waits. */
  async waits(request: string, number: number): Promise<boolean> {
    return (await this.#redis.exists(keyOf(request, number))) === 1;
  }

  /** Forgets one. */
  async drop(request: string, number: number): Promise<void> {
    await this.#redis.del(keyOf(request, number));
  }

  /** Forgets all that a request had, and how the session gateway got in for it. @param last - the highest number that may have been given */
  async dropAll(request: string, last: number): Promise<void> {
    const numbered = Array.from({ length: last + 1 }, (_, number) => keyOf(request, number));
    await this.#redis.del([...numbered, gatewayKey(request)]);
  }
}

/** What a parser would complain of is a secret, so nothing of it is repeated. @throws `SEAL_BROKEN` */
function read(text: string): z.output<typeof credentialSchema> {
  try {
    return credentialSchema.parse(JSON.parse(text));
  } catch {
    throw new CodedError("SEAL_BROKEN", "A sealed credential is not of a known form.", {
      next: "Rotate gives a fresh one; or end the access and ask again.",
    });
  }
}

/** The first is called as it always was: one that an earlier version sealed opens too. */
function placeOf(request: string, number: number): SealedPlace {
  const purpose = number === 0 ? `credential of ${request}` : `credential ${number} of ${request}`;
  return { key: keyOf(request, number), purpose };
}

function keyOf(request: string, number: number): string {
  const key = `${HASH_TAG}:sealed:${request}`;
  return number === 0 ? key : `${key}:${number}`;
}
