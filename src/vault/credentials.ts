import { z } from "zod";
import { HASH_TAG, type Connection } from "../connection.ts";
import { openText, sealedBy, sealText } from "./envelope.ts";
import type { VaultKeys } from "./vault-keys.ts";

const credentialSchema = z.strictObject({ user: z.string(), password: z.string(), connect: z.string().optional() });

/** A credential in the clear. It exists only between the target, the vault, and the one person it is for. */
export type ClearCredential = z.output<typeof credentialSchema>;

/** Credentials that wait for their requester: sealed, and gone from Redis at the deadline at the latest. */
export class Credentials {
  readonly #redis: Connection;
  readonly #keys: VaultKeys;
  readonly #random: (bytes: number) => Buffer;

  constructor(redis: Connection, keys: VaultKeys, random: (bytes: number) => Buffer) {
    this.#redis = redis;
    this.#keys = keys;
    this.#random = random;
  }

  /** Seals a request's credential; a later one replaces it. `until` is epoch milliseconds. */
  async put(request: string, credential: ClearCredential, until: number): Promise<void> {
    const sealed = await sealText(JSON.stringify(credential), purpose(request), this.#keys, this.#random);
    await this.#redis.set(keyOf(request), sealed, "PXAT", until);
  }

  /** Opens it; undefined when there is none any more. @throws `SEAL_BROKEN`, `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE` */
  async open(request: string): Promise<ClearCredential | undefined> {
    const sealed = await this.#redis.get(keyOf(request));
    if (sealed === null) return undefined;
    return credentialSchema.parse(JSON.parse(await openText(sealed, purpose(request), this.#keys)));
  }

  /** By which key it is sealed; undefined when there is none, `unnamed` where it doesn't say. */
  async sealedBy(request: string): Promise<string | undefined> {
    const sealed = await this.#redis.get(keyOf(request));
    return sealed === null ? undefined : (sealedBy(sealed) ?? "unnamed");
  }

  /** Forgets it. */
  async drop(request: string): Promise<void> {
    await this.#redis.del(keyOf(request));
  }
}

function purpose(request: string): string {
  return `credential of ${request}`;
}

function keyOf(request: string): string {
  return `${HASH_TAG}:sealed:${request}`;
}
