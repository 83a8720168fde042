import { z } from "zod";
import { CodedError } from "../errors.ts";
import { decrypt, encrypt } from "./aes-gcm.ts";
import type { VaultKeys } from "./vault-keys.ts";

/** Each data key encrypts once, so a random nonce can't repeat under it. */
const KEY_BYTES = 32;

/** `by`: the key that wraps the data key; absent in what was sealed before keys had names. */
const sealedSchema = z.strictObject({ v: z.literal(1), by: z.string().optional(), key: z.base64(), body: z.base64() });

/**
 * Seals a text under a data key of its own, which the vault's newest key wraps.
 *
 * @param text - the secret
 * @param purpose - what it is for; opening it for anything else fails
 * @param random - fresh random bytes
 * @throws `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE`
 */
export async function sealText(
  text: string,
  purpose: string,
  keys: VaultKeys,
  random: (bytes: number) => Buffer,
): Promise<string> {
  const dataKey = random(KEY_BYTES);
  const { by, key } = await keys.wrap(dataKey, `key of ${purpose}`);
  const body = encrypt(Buffer.from(text, "utf8"), purpose, dataKey, random);
  dataKey.fill(0);
  return JSON.stringify({ v: 1, by, key: key.toString("base64"), body: body.toString("base64") });
}

/**
 * Opens what {@link sealText} sealed.
 *
 * @throws `SEAL_BROKEN` when it was altered, is for another purpose, or its key is not there; `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE`
 */
export async function openText(sealed: string, purpose: string, keys: VaultKeys): Promise<string> {
  try {
    const { by, key, body } = sealedSchema.parse(JSON.parse(sealed));
    const dataKey = await keys.unwrap({ by, key: Buffer.from(key, "base64") }, `key of ${purpose}`);
    return decrypt(Buffer.from(body, "base64"), purpose, dataKey).toString("utf8");
  } catch (cause) {
    if (cause instanceof CodedError) throw cause;
    throw broken(cause);
  }
}

/**
 * The same secret, its data key wrapped by the newest key. The body stays as it is.
 *
 * @returns undefined when the newest wraps it already
 * @throws as {@link openText}
 */
export async function rewrapText(sealed: string, purpose: string, keys: VaultKeys): Promise<string | undefined> {
  const [newest] = await keys.names();
  const parsed = sealedSchema.safeParse(json(sealed));
  if (!parsed.success) throw broken(parsed.error);
  const { by, key, body } = parsed.data;
  if (by !== undefined && by === newest) return undefined;
  const dataKey = await keys.unwrap({ by, key: Buffer.from(key, "base64") }, `key of ${purpose}`);
  const again = await keys.wrap(dataKey, `key of ${purpose}`);
  dataKey.fill(0);
  return JSON.stringify({ v: 1, by: again.by, key: again.key.toString("base64"), body });
}

/** By which key a sealed text is; undefined where it doesn't say. */
export function sealedBy(sealed: string): string | undefined {
  return sealedSchema.safeParse(json(sealed)).data?.by;
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw broken(cause);
  }
}

function broken(cause: unknown): CodedError {
  return new CodedError(
    "SEAL_BROKEN",
    "A sealed secret can't be opened: it was altered, or is not what it was sealed as.",
    {
      next: "The access can be ended and asked for again; a sealed account can be put again.",
      cause,
    },
  );
}
