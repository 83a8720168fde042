import { randomUUID } from "node:crypto";
import { readdirSync } from "node:fs";
import { link, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeDraft } from "../key-file.ts";

/**
 * `aws-root.3.json`: the account and its generation. `aws-root.3.out`: who has it checked out. `aws-root.3.turn-1`: the first time that
 * somebody set out to rotate it.
 */
const FILE = /^([a-z][a-z0-9-]{0,39})\.([1-9]\d{0,8})\.(?:(json|out)|turn-([1-9]\d{0,8}))$/;

/** The highest generation whose file is found again. */
export const GENERATION_MAX = 999_999_999;

/** One file of an account. */
export interface SealedFile {
  readonly account: string;
  readonly generation: number;
  readonly kind: "json" | "out" | `turn-${number}`;
}

/**
 * A folder of small files that are never changed half-way: each is written whole and seen to the disk before it gets its name. A
 * name is given once, so of two processes that write the same one, one is told that it came second.
 */
export class SealedFiles {
  readonly dir: string;

  /** @param dir - made when the first file is; shared by all processes that use it */
  constructor(dir: string) {
    this.dir = dir;
  }

  pathOf({ account, generation, kind }: SealedFile): string {
    return join(this.dir, `${account}.${generation}.${kind}`);
  }

  async list(): Promise<SealedFile[]> {
    return filesAmong(await readdir(this.dir).catch(nothing));
  }

  /** The same at once: a policy is checked without waiting. */
  listNow(): SealedFile[] {
    try {
      return filesAmong(readdirSync(this.dir));
    } catch (error) {
      return nothing(error);
    }
  }

  /** A file's text; undefined where there is none. */
  async read(file: SealedFile): Promise<string | undefined> {
    return await readFile(this.pathOf(file), "utf8").catch((error: unknown) => {
      if (isMissing(error)) return undefined;
      throw error;
    });
  }

  /** Writes a file that isn't there yet. @returns false when it is */
  async create(file: SealedFile, text: string): Promise<boolean> {
    await mkdir(this.dir, { recursive: true, mode: 0o700 });
    const draft = join(this.dir, `.${randomUUID()}.draft`);
    try {
      await writeDraft(draft, text);
      await link(draft, this.pathOf(file));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
    await this.#sync();
    return true;
  }

  /** Writes a file anew in one step. */
  async replace(file: SealedFile, text: string): Promise<void> {
    const draft = join(this.dir, `.${randomUUID()}.draft`);
    try {
      await writeDraft(draft, text);
      await rename(draft, this.pathOf(file));
    } finally {
      await rm(draft, { force: true });
    }
    await this.#sync();
  }

  async remove(file: SealedFile): Promise<void> {
    await rm(this.pathOf(file), { force: true });
    await this.#sync();
  }

  /** A name that was given or taken is on the disk only when its folder is. */
  async #sync(): Promise<void> {
    const folder = await open(this.dir, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

function filesAmong(names: readonly string[]): SealedFile[] {
  return names.flatMap((name): SealedFile[] => {
    const [, account, generation, kind, turn] = FILE.exec(name) ?? [];
    if (account === undefined || generation === undefined) return [];
    const other = kind === "out" ? "out" : "json";
    return [{ account, generation: Number(generation), kind: turn === undefined ? other : `turn-${Number(turn)}` }];
  });
}

function nothing(error: unknown): [] {
  if (isMissing(error)) return [];
  throw error;
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
