import { randomUUID } from "node:crypto";
import { access, link, open, readFile, rm, stat } from "node:fs/promises";
import { CodedError, type Code } from "./errors.ts";

/** A file that holds one key. */
export interface KeyFile {
  readonly path: string;
  /** What it holds, as an error names it: `vault key`. */
  readonly what: string;
  readonly code: Code;
  /** What a new one holds. */
  readonly fresh: () => string;
}

/**
 * A key's text from its file, made on first use; readable by its owner alone.
 *
 * @throws the file's own code when it can't be made or read, or may be read by others
 */
export async function readKeyFile(file: KeyFile): Promise<string> {
  const { path, what, code } = file;
  if (!(await exists(path))) await makeKeyFile(file);
  const unreadable = (cause: unknown): never => {
    throw new CodedError(code, `The ${what} ${path} can't be read.`, {
      next: "Is it a file, or a link to one that is there? Only its owner may read it.",
      cause,
    });
  };
  const { mode } = await stat(path).catch(unreadable);
  if ((mode & 0o077) !== 0) {
    throw new CodedError(code, `The ${what} ${path} can be read by others (mode ${(mode & 0o777).toString(8)}).`, {
      next: `Set it right: chmod 600 ${path}`,
    });
  }
  return (await readFile(path, "utf8").catch(unreadable)).trim();
}

/**
 * Makes it, unless it is there: written whole before it gets its name, which is given once. Of two processes that start
 * together, one key is kept.
 */
async function makeKeyFile({ path, what, code, fresh }: KeyFile): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await writeDraft(draft, fresh());
    await link(draft, path);
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "EEXIST") return;
    if (cause instanceof CodedError) throw cause;
    throw new CodedError(code, `The ${what} ${path} can't be made.`, {
      next: "Check that its folder exists and is writable.",
      cause,
    });
  } finally {
    await rm(draft, { force: true });
  }
}

/** Writes a text (with the end of its line) or bytes where nothing is yet, for its owner alone, and sees it to the disk. */
export async function writeDraft(path: string, content: string | Uint8Array): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(typeof content === "string" ? `${content}\n` : content);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
