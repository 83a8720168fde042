import { Decrypter, Encrypter, identityToRecipient } from "age-encryption";
import type { WrappingKey } from "./vault-keys.ts";

const PURPOSE_BYTES = 2;

/**
 * An age identity, `AGE-SECRET-KEY-1…`, as `age-keygen` makes one. age itself knows no purpose, so it is sealed in before the
 * data key and compared.
 *
 * @throws when it is no X25519 identity
 */
export async function ageKey(identity: string): Promise<WrappingKey> {
  const recipient = await identityToRecipient(identity);
  return {
    id: `age:${recipient}`,
    wrap: async (dataKey, purpose) => {
      const encrypter = new Encrypter();
      encrypter.addRecipient(recipient);
      return Buffer.from(await encrypter.encrypt(Buffer.concat([headOf(purpose), dataKey])));
    },
    unwrap: async (wrapped, purpose) => {
      const decrypter = new Decrypter();
      decrypter.addIdentity(identity);
      const opened = Buffer.from(await decrypter.decrypt(wrapped));
      const head = headOf(purpose);
      if (!opened.subarray(0, head.length).equals(head)) throw new Error("it was sealed for another purpose");
      return opened.subarray(head.length);
    },
  };
}

function headOf(purpose: string): Buffer {
  const text = Buffer.from(purpose, "utf8");
  const length = Buffer.alloc(PURPOSE_BYTES);
  length.writeUInt16BE(text.length);
  return Buffer.concat([length, text]);
}
