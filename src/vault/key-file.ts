import { access, link, open, readFile, rm, stat } from "node:fs/promises";
import { CodedError } from "../errors.ts";

const KEY_BYTES = 32;

/**
 * The key that wraps all others, from its file; made on first use, readable by its owner alone.
 *
 * @param path - `VAULT_KEY_FILE`: 64 hex digits
 * @param random - fresh random bytes, for a new key
 * @throws `VAULT_KEY_INVALID`
 */
export async function loadVaultKey(path: string, random: (bytes: number) => Buffer): Promise<Buffer> {
  if (!(await exists(path))) {
    await make(path, random).catch((cause: unknown) => {
      throw new CodedError("VAULT_KEY_INVALID", `The vault key ${path} can't be made.`, {
        next: "Check that its folder exists and is writable.",
        cause,
      });
    });
  }
  const { mode } = await stat(path);
  if ((mode & 0o077) !== 0) {
    throw new CodedError(
      "VAULT_KEY_INVALID",
      `The vault key ${path} can be read by others (mode ${(mode & 0o777).toString(8)}).`,
      {
        next: `Set it right: chmod 600 ${path}`,
      },
    );
  }
  const text = (await readFile(path, "utf8")).trim();
  if (!/^[0-9a-f]{64}$/.test(text)) {
    throw new CodedError("VAULT_KEY_INVALID", `The vault key ${path} is not 64 hex digits.`, {
      next: "Restore it from where you keep a copy. Losing it loses only credentials not yet handed over, never a revoke.",
    });
  }
  return Buffer.from(text, "hex");
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Written whole before it gets its name, which is given once: of two processes that start together, one key is kept. */
async function make(path: string, random: (bytes: number) => Buffer): Promise<void> {
  const draft = `${path}.${random(8).toString("hex")}`;
  try {
    const file = await open(draft, "wx", 0o600);
    await file.writeFile(`${random(KEY_BYTES).toString("hex")}\n`);
    await file.sync();
    await file.close();
    await link(draft, path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
  } finally {
    await rm(draft, { force: true });
  }
}
