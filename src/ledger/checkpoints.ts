import { appendFile, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { CodedError } from "../errors.ts";
import { checkpointText, originOf } from "./checkpoint.ts";
import type { CheckpointPost } from "./checkpoint-post.ts";
import { loadLedgerKey, publicHalf } from "./ledger-key.ts";
import type { Mirror } from "./mirror.ts";
import { noteKey, writeNote } from "./note.ts";

/** No more often than this, however much is recorded. */
const PERIOD_MS = 60_000;

/** Where the checkpoints stand beside a mirror: all of them, one JSON object a line. */
export function checkpointsPath(dataDir: string): string {
  return join(dataDir, "checkpoints.jsonl");
}

/**
 * Signs where the ledger stands, and keeps that beside the mirror: `checkpoint` is the newest, as other people's tools read it,
 * and `checkpoints.jsonl` has all of them.
 */
export class Checkpoints {
  readonly #dataDir: string;
  readonly #keyFile: string;
  readonly #mirror: Mirror;
  readonly #post: CheckpointPost | undefined;
  readonly #now: () => number;
  /** The last that was signed. */
  #last = { size: 0, at: -Infinity };

  /** @param options - `post`: where the newest is put for those who have no mirror, and where one is asked for */
  constructor(options: {
    dataDir: string;
    keyFile: string;
    mirror: Mirror;
    post?: CheckpointPost | undefined;
    now: () => number;
  }) {
    this.#dataDir = options.dataDir;
    this.#keyFile = options.keyFile;
    this.#mirror = options.mirror;
    this.#post = options.post;
    this.#now = options.now;
  }

  /**
   * Signs a checkpoint if the ledger has grown, and a minute is over, somebody waits for one, or it is the last chance.
   *
   * @throws `LEDGER_KEY_INVALID`, `MIRROR_UNWRITABLE`
   */
  async look(isLast = false): Promise<void> {
    const { size } = this.#mirror.tree;
    const sinceMs = this.#now() - this.#last.at;
    if (size === this.#last.size) return;
    if (!isLast && sinceMs >= 0 && sinceMs < PERIOD_MS && !(await this.#isWanted(size))) return;
    const { root } = this.#mirror.tree;
    // Read each time: the key may have been changed meanwhile.
    const privateKey = await loadLedgerKey(this.#keyFile);
    const origin = originOf(this.#mirror.firstHash);
    const key = noteKey(origin, publicHalf(privateKey));
    const note = writeNote(checkpointText({ origin, size, root }), [{ key, privateKey }]);
    const at = this.#now();
    try {
      const line = JSON.stringify({ at: new Date(at).toISOString(), checkpoint: note });
      await appendFile(checkpointsPath(this.#dataDir), `${line}\n`, { mode: 0o600, flush: true });
      const newest = join(this.#dataDir, "checkpoint");
      await writeFile(`${newest}.new`, note, { mode: 0o600 });
      await rename(`${newest}.new`, newest);
    } catch (cause) {
      throw new CodedError("MIRROR_UNWRITABLE", "A checkpoint can't be written beside the mirror.", {
        next: "Free the disk under DATA_DIR.",
        cause,
      });
    }
    this.#last = { size, at };
    await this.#post?.put(note);
  }

  /** Whether somebody waits for a checkpoint that can be signed now. While Redis is away nobody can say so. */
  async #isWanted(size: number): Promise<boolean> {
    const wanted = (await this.#post?.wanted().catch(() => 0)) ?? 0;
    return wanted > this.#last.size && wanted <= size;
  }
}

/** The newest checkpoint beside a mirror, as it was signed; undefined when there is none. */
export async function newestCheckpoint(dataDir: string): Promise<string | undefined> {
  return await readFile(join(dataDir, "checkpoint"), "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  });
}
