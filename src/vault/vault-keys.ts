import { CodedError } from "../errors.ts";

/** A key that wraps data keys, wherever it is kept. */
export interface WrappingKey {
  /** Which one it is: fit to be shown, and written beside what it wraps. `file:9f3c…`, `age:age1…`, `kms:arn:…`. */
  readonly id: string;
  /**
   * Wraps a data key for one purpose; unwrapping it for another fails.
   *
   * @throws `VAULT_KEY_UNREACHABLE` where the key is kept elsewhere, and can't be asked
   */
  wrap(dataKey: Buffer, purpose: string): Promise<Buffer>;
  /** The other way round. @throws anything when it was wrapped by another key, for another purpose, or was altered */
  unwrap(wrapped: Buffer, purpose: string): Promise<Buffer>;
}

/** A wrapped data key, and by which key. What was wrapped before keys had names says nothing of it. */
export interface Wrapped {
  readonly by?: string | undefined;
  readonly key: Buffer;
}

/** What seals and opens: the newest key wraps, and each one that is still there unwraps. */
export class VaultKeys {
  readonly #load: () => Promise<readonly WrappingKey[]>;

  /** @param load - the keys as they are now, the newest first; asked each time, so that a key can be changed while the program runs */
  constructor(load: () => Promise<readonly WrappingKey[]>) {
    this.#load = load;
  }

  /** The keys' names, the newest first. @throws `VAULT_KEY_INVALID` */
  async names(): Promise<readonly string[]> {
    return (await this.#load()).map(({ id }) => id);
  }

  /** @throws `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE` */
  async wrap(dataKey: Buffer, purpose: string): Promise<Wrapped> {
    const [newest] = await this.#load();
    if (newest === undefined) throw new CodedError("VAULT_KEY_INVALID", "There is no vault key.");
    return { by: newest.id, key: await newest.wrap(dataKey, purpose) };
  }

  /** @throws `SEAL_BROKEN` when none of the keys can, `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE` */
  async unwrap({ by, key }: Wrapped, purpose: string): Promise<Buffer> {
    const keys = await this.#load();
    const fit = keys.filter(({ id }) => by === undefined || id === by);
    let cause: unknown;
    for (const each of fit) {
      try {
        return await each.unwrap(key, purpose);
      } catch (error) {
        if (error instanceof CodedError && error.code === "VAULT_KEY_UNREACHABLE") throw error;
        cause = error;
      }
    }
    const why =
      fit.length === 0
        ? `it was sealed under ${by ?? "a key"}, which is not among the vault's keys`
        : "it was altered, or sealed under another key";
    throw new CodedError("SEAL_BROKEN", `A sealed secret can't be opened: ${why}.`, {
      next: "Put the key back from where you keep a copy. If it is lost: docs/vault.md says what is lost with it.",
      cause,
    });
  }
}
