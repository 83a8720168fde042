import type { Connection } from "../connection.ts";
import { openText, sealedBy, sealText } from "./envelope.ts";
import type { VaultKeys } from "./vault-keys.ts";

/** Where a sealed text stands in Redis, and what it is for: under another purpose it doesn't open. */
export interface SealedPlace {
  readonly key: string;
  readonly purpose: string;
}

/** Texts that wait in Redis, sealed, each until its moment. */
export class SealedTexts {
  readonly #redis: Connection;
  readonly #keys: VaultKeys;
  readonly #random: (bytes: number) => Buffer;

  constructor(redis: Connection, keys: VaultKeys, random: (bytes: number) => Buffer) {
    this.#redis = redis;
    this.#keys = keys;
    this.#random = random;
  }

  /** Seals a text, in place of what stood there. @param until - epoch milliseconds */
  async put({ key, purpose }: SealedPlace, text: string, until: number): Promise<void> {
    const sealed = await sealText(text, purpose, this.#keys, this.#random);
    await this.#redis.set(key, sealed, "PXAT", until);
  }

  /** Opens it; undefined when there is none any more. @throws `SEAL_BROKEN`, `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE` */
  async open({ key, purpose }: SealedPlace): Promise<string | undefined> {
    const sealed = await this.#redis.get(key);
    return sealed === null ? undefined : await openText(sealed, purpose, this.#keys);
  }

  /** By which key it is sealed; undefined when there is none, `unnamed` where it doesn't say. */
  async sealedBy({ key }: Pick<SealedPlace, "key">): Promise<string | undefined> {
    const sealed = await this.#redis.get(key);
    return sealed === null ? undefined : (sealedBy(sealed) ?? "unnamed");
  }
}
