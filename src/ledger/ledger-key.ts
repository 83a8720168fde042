import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { rename } from "node:fs/promises";
import { CodedError } from "../errors.ts";
import { readKeyFile, writeDraft } from "../key-file.ts";

/**
 * The key that signs checkpoints, from its file: Ed25519, PKCS #8 in PEM. Made on first use, readable by its owner alone.
 *
 * @param path - `LEDGER_KEY_FILE`
 * @throws `LEDGER_KEY_INVALID`
 */
export async function loadLedgerKey(path: string): Promise<KeyObject> {
  const pem = await readKeyFile({ path, what: "ledger key", code: "LEDGER_KEY_INVALID", fresh: freshPem });
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch {
    // Said below: an error of the parser's own could repeat what it read.
  }
  throw new CodedError("LEDGER_KEY_INVALID", `The ledger key ${path} is not an Ed25519 key in PEM.`, {
    next: "Restore it from where you keep a copy. Without it old checkpoints still hold, and new ones need a key that people are told of.",
  });
}

/** The public half. */
export function publicHalf(key: KeyObject): KeyObject {
  return createPublicKey(key);
}

/** A new key, beside the one in use: nothing signs with it until {@link changeLedgerKey}. */
export async function draftLedgerKey(path: string): Promise<KeyObject> {
  const pem = freshPem();
  await writeDraft(`${path}.new`, pem).catch((cause: unknown) => {
    throw new CodedError("LEDGER_KEY_INVALID", `The new ledger key ${path}.new can't be written.`, {
      next: "Is it there from a change that broke off? Then look at the ledger's last LedgerKeyChanged, and remove it if that names another key.",
      cause,
    });
  });
  return createPrivateKey(pem);
}

/**
 * Puts the new key in the place of the old one, which is kept.
 *
 * @param name - what the old one is kept as
 */
export async function changeLedgerKey(path: string, name: string): Promise<string> {
  const kept = `${path}.${name}`;
  await rename(path, kept);
  await rename(`${path}.new`, path);
  return kept;
}

function freshPem(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString().trim();
}
