import { open, readFile, rename, rm, stat } from "node:fs/promises";
import { CodedError } from "../errors.ts";
import { readKeyFile } from "../key-file.ts";
import { aesKey } from "./aes-key.ts";
import type { WrappingKey } from "./vault-keys.ts";

export const KEY_BYTES = 32;

export interface VaultKeyFile {
  /** `VAULT_KEY_FILE`: a key a line, the newest first. 64 hex digits, or an age identity as `age-keygen` writes it. */
  readonly path: string;
  /** Fresh random bytes, for a new key and for nonces. */
  readonly random: (bytes: number) => Buffer;
  /** What is sealed already, and so needs a key that was there before: then none is made. */
  readonly sealed: () => readonly string[];
}

/**
 * The keys of a file; made on first use, readable by its owner alone.
 *
 * @throws `VAULT_KEY_INVALID`
 */
export async function readVaultKeys({ path, random, sealed }: VaultKeyFile): Promise<readonly WrappingKey[]> {
  const fresh = () => {
    const lost = sealed();
    if (lost.length > 0) throw lostKey(path, lost);
    return random(KEY_BYTES).toString("hex");
  };
  const text = await readKeyFile({ path, what: "vault key", code: "VAULT_KEY_INVALID", fresh });
  const lines = keyLines(text);
  if (lines.length === 0) throw malformed(path, 1);
  return await Promise.all(lines.map(({ line, nth }) => keyOf(line, random, () => malformed(path, nth))));
}

/** A file's keys, without its remarks. `nth`: which line, from 1 */
export function keyLines(text: string): { readonly line: string; readonly nth: number }[] {
  return text
    .split("\n")
    .map((line, index) => ({ line: line.trim(), nth: index + 1 }))
    .filter(({ line }) => line !== "" && !line.startsWith("#"));
}

/**
 * Puts a fresh key before the others of a file, or takes all but the newest out, in one step. One process at a time does: a key that
 * another's file doesn't have would be lost, with all that was sealed under it meanwhile.
 *
 * @param change - `random`: makes a fresh one of it
 * @throws `VAULT_KEY_INVALID`, also while another is at it
 */
export async function changeVaultKeys(
  path: string,
  change: { readonly random: (bytes: number) => Buffer } | "newest alone",
): Promise<void> {
  const draft = `${path}.next`;
  const file = await open(draft, "wx", 0o600).catch((cause: unknown) => {
    throw beingChanged(path, draft, cause);
  });
  try {
    try {
      const text = await readFile(path, "utf8").catch((cause: unknown) => {
        throw new CodedError("VAULT_KEY_INVALID", `The vault key ${path} can't be read.`, { cause });
      });
      const newest = keyLines(text)[0]?.line ?? "";
      const lines = change === "newest alone" ? newest : `${change.random(KEY_BYTES).toString("hex")}\n${text.trim()}`;
      await file.writeFile(`${lines}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/**
 * The file's keys as they are now: it is read again when it was changed, so that a key can be changed under a running program.
 *
 * @returns what gives them
 */
export function watchVaultKeys(file: VaultKeyFile): () => Promise<readonly WrappingKey[]> {
  let known: { readonly stamp: string; readonly keys: Promise<readonly WrappingKey[]> } | undefined;
  return async () => {
    const stamp = await stampOf(file.path);
    if (known === undefined || known.stamp !== stamp || stamp === "") {
      const keys = readVaultKeys(file);
      // One that was just made has another stamp by now, and is read once more.
      known = { stamp, keys };
      keys.catch(() => (known = undefined));
    }
    return await known.keys;
  };
}

async function stampOf(path: string): Promise<string> {
  return stat(path).then(
    ({ ino, size, mtimeMs, mode }) => [ino, size, mtimeMs, mode].join(" "),
    () => "",
  );
}

async function keyOf(line: string, random: (bytes: number) => Buffer, refused: () => CodedError): Promise<WrappingKey> {
  if (/^[0-9a-f]{64}$/.test(line)) return aesKey(Buffer.from(line, "hex"), random);
  if (!line.startsWith("AGE-SECRET-KEY-1")) throw refused();
  try {
    // Its library is loaded where there is such a key.
    const { ageKey } = await import("./age-key.ts");
    return await ageKey(line);
  } catch {
    // The library's error may repeat the line.
    throw refused();
  }
}

function beingChanged(path: string, draft: string, cause: unknown): CodedError {
  const isThere = cause instanceof Error && "code" in cause && cause.code === "EEXIST";
  const why = isThere ? `is being changed by somebody else: ${draft} is there` : "can't be changed";
  return new CodedError("VAULT_KEY_INVALID", `The vault key ${path} ${why}.`, {
    next: isThere ? `Try again. If nobody is at it, that was broken off: rm ${draft}` : "Is its folder writable?",
    cause,
  });
}

function malformed(path: string, line: number): CodedError {
  return new CodedError(
    "VAULT_KEY_INVALID",
    `Line ${line} of the vault key ${path} is no key: neither 64 hex digits nor an age identity.`,
    {
      next: "Restore it from where you keep a copy. docs/vault.md says what is lost where there is none.",
    },
  );
}

function lostKey(path: string, sealed: readonly string[]): CodedError {
  return new CodedError(
    "VAULT_KEY_INVALID",
    `The vault key ${path} is gone, and ${sealed.join(", ")} ${sealed.length === 1 ? "was" : "were"} sealed under it. No other key opens that.`,
    {
      next: "Put the file back from your copy. If there is none, these secrets are lost here: open the export of breakglass vault export-sealed, or reset them at their targets; then take the files out of VAULT_DIR, and put them again. Access that is on, and the ledger, are not touched by it.",
    },
  );
}
