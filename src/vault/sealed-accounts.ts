import { z } from "zod";
import { CodedError } from "../errors.ts";
import { openText, rewrapText, sealedBy, sealText } from "./envelope.ts";
import { RotationTurns } from "./rotation-turns.ts";
import { GENERATION_MAX, SealedFiles, type SealedFile } from "./sealed-files.ts";
import type { VaultKeys } from "./vault-keys.ts";

/** How many characters a sealed password may have. */
export const PASSWORD_MAX = 4_096;
const LINE_MAX = 500;

const visible = (what: string, max: number) =>
  z
    .string()
    .min(1, `The ${what} is empty.`)
    .max(max, `The ${what} has more than ${max} characters.`)
    .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029]+$/u, `The ${what} must be one line, without characters that can't be seen.`);

/** What an account is, in the clear. */
export const clearAccountSchema = z.strictObject({
  user: visible("user name", 200),
  password: visible("password", PASSWORD_MAX),
  connect: visible("connect line", LINE_MAX).optional(),
  note: visible("note", LINE_MAX).optional(),
});
export type ClearAccount = z.output<typeof clearAccountSchema>;

/**
 * What was sealed is given out as it is: a target's own program may have given it a password that nobody could put, and there is no
 * other copy of it.
 */
export const openedAccountSchema = z.strictObject({
  user: z.string(),
  password: z.string(),
  connect: z.string().optional(),
  note: z.string().optional(),
});

/** By what a generation came to be: somebody put it, somebody rotated it, or the rotate command of a policy did. */
export const SEALED_BY = ["put", "rotate", "command"] as const;
export type SealedBy = (typeof SEALED_BY)[number];

const recordSchema = z.strictObject({
  v: z.literal(1),
  account: z.string(),
  generation: z.int().min(1),
  /** Shown in a list; what counts is sealed. */
  user: z.string(),
  note: z.string().optional(),
  how: z.enum(SEALED_BY),
  /** Who was at the keyboard. */
  who: z.string().optional(),
  at: z.iso.datetime(),
  sealed: z.string(),
});

/** One generation of an account, sealed: a static secret of one user somewhere. */
export type SealedAccount = z.output<typeof recordSchema>;

const markSchema = z.strictObject({ v: z.literal(1), request: z.string() });

/** Who sealed something, how and when (epoch milliseconds). */
export interface Sealing {
  readonly how: SealedBy;
  readonly who?: string | undefined;
  readonly at: number;
}

/**
 * Static secrets that policy can name as a target, one file for each account and generation. A new secret is a new generation, and
 * the one before is deleted; so what was handed out of one generation says nothing of the next.
 */
export class SealedAccounts {
  readonly #files: SealedFiles;
  readonly #keys: VaultKeys;
  readonly #random: (bytes: number) => Buffer;
  /** Who may rotate a generation now. */
  readonly turns: RotationTurns;

  /**
   * @param dir - `VAULT_DIR`, the same for each process that uses it
   * @param random - fresh random bytes
   */
  constructor(dir: string, keys: VaultKeys, random: (bytes: number) => Buffer) {
    this.#files = new SealedFiles(dir);
    this.turns = new RotationTurns(this.#files);
    this.#keys = keys;
    this.#random = random;
  }

  get dir(): string {
    return this.#files.dir;
  }

  /** The accounts there are, by name. */
  namesNow(): string[] {
    return [...newestOf(this.#files.listNow()).keys()].sort();
  }

  /** Each account's newest generation. */
  async generations(): Promise<ReadonlyMap<string, number>> {
    return newestOf(await this.#files.list());
  }

  /** An account's newest generation, still sealed; undefined where there is none. @throws `SEAL_BROKEN` */
  async read(account: string): Promise<SealedAccount | undefined> {
    for (let before = 0; ;) {
      const generation = (await this.generations()).get(account);
      if (generation === undefined) return undefined;
      const text = await this.#files.read({ account, generation, kind: "json" });
      // Somebody sealed the next one just now.
      if (text === undefined && generation > before) {
        before = generation;
        continue;
      }
      const record = recordSchema.safeParse(parseJson(text ?? "")).data;
      if (record?.account === account && record.generation === generation) return record;
      throw new CodedError("SEAL_BROKEN", `The sealed account ${account} can't be read: its file is damaged.`, {
        next: `Put it again: breakglass vault put ${account}`,
      });
    }
  }

  /** Every account's newest generation. @throws `SEAL_BROKEN` */
  async all(): Promise<SealedAccount[]> {
    const records = await Promise.all([...(await this.generations()).keys()].sort().map((name) => this.read(name)));
    return records.filter((record) => record !== undefined);
  }

  /**
   * Seals a secret as the account's next generation, and deletes the one before.
   *
   * @throws `SEAL_CONFLICT` when somebody else sealed one meanwhile, `SEAL_BROKEN` when there is no next generation, `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE`
   */
  async seal(account: string, clear: ClearAccount, { how, who, at }: Sealing): Promise<SealedAccount> {
    const before = (await this.generations()).get(account) ?? 0;
    const generation = before + 1;
    if (generation > GENERATION_MAX)
      throw new CodedError("SEAL_BROKEN", `The sealed account ${account} has no next generation.`, {
        next: `Somebody put a file there by hand: rm ${this.#files.pathOf({ account, generation: before, kind: "json" })}`,
      });
    const purpose = purposeOf({ account, generation });
    const record: SealedAccount = {
      v: 1,
      ...{ account, generation, user: clear.user, note: clear.note, how, who },
      at: new Date(at).toISOString(),
      sealed: await sealText(JSON.stringify(clear), purpose, this.#keys, this.#random),
    };
    if (!(await this.#files.create({ account, generation, kind: "json" }, JSON.stringify(record)))) {
      throw new CodedError("SEAL_CONFLICT", `Somebody else sealed ${account} just now.`, {
        next: "Find out which of the two secrets the target has, and put that one again.",
      });
    }
    const old = (await this.#files.list()).filter((file) => file.account === account && file.generation < generation);
    for (const file of old) await this.#files.remove(file);
    return record;
  }

  /** @throws `SEAL_BROKEN`, `VAULT_KEY_INVALID`, `VAULT_KEY_UNREACHABLE` */
  async open(record: SealedAccount): Promise<ClearAccount> {
    const text = await openText(record.sealed, purposeOf(record), this.#keys);
    const opened = openedAccountSchema.safeParse(parseJson(text));
    if (opened.success) return opened.data;
    // A parser's own words may repeat the secret.
    throw new CodedError("SEAL_BROKEN", `The sealed account ${record.account} is not of a known form.`, {
      next: `Put it again: breakglass vault put ${record.account}`,
    });
  }

  /** The same secret, its data key wrapped by the vault's newest key. @returns whether there was anything to do */
  async rewrap(record: SealedAccount): Promise<boolean> {
    const sealed = await rewrapText(record.sealed, purposeOf(record), this.#keys);
    if (sealed === undefined) return false;
    await this.#files.replace(fileOf(record), JSON.stringify({ ...record, sealed }));
    // A next one may have been sealed meanwhile, and this one deleted.
    const newest = (await this.generations()).get(record.account) ?? 0;
    if (newest > record.generation) await this.#files.remove(fileOf(record));
    return true;
  }

  /** The name of the key that a record is sealed under, where it says so. */
  keyOf({ sealed }: SealedAccount): string | undefined {
    return sealedBy(sealed);
  }

  /** Where a record stands, for whoever looks at its mode. */
  pathOf(record: SealedAccount): string {
    return this.#files.pathOf(fileOf(record));
  }

  /** Marks a generation as checked out by a request, if nobody has it. @returns the request that has it now */
  async checkOut(record: SealedAccount, request: string): Promise<string> {
    const mark = JSON.stringify({ v: 1, request });
    await this.#files.create({ ...fileOf(record), kind: "out" }, mark);
    return (await this.holder(record)) ?? request;
  }

  /** The request that has this generation checked out. @throws `SEAL_BROKEN` */
  async holder(record: Pick<SealedAccount, "account" | "generation">): Promise<string | undefined> {
    const text = await this.#files.read({ ...fileOf(record), kind: "out" });
    if (text === undefined) return undefined;
    const mark = markSchema.safeParse(parseJson(text)).data;
    if (mark !== undefined) return mark.request;
    throw new CodedError("SEAL_BROKEN", `Who has ${record.account} can't be read: its mark is damaged.`, {
      next: `If breakglass list shows nobody with it: rm ${this.#files.pathOf({ ...fileOf(record), kind: "out" })}`,
    });
  }

  /** Takes the mark of a request away, if it has this generation. */
  async putBack(record: SealedAccount, request: string): Promise<void> {
    if ((await this.holder(record)) === request) await this.#files.remove({ ...fileOf(record), kind: "out" });
  }
}

function newestOf(files: readonly SealedFile[]): Map<string, number> {
  const newest = new Map<string, number>();
  for (const { account, generation, kind } of files)
    if (kind === "json") newest.set(account, Math.max(generation, newest.get(account) ?? 0));
  return newest;
}

function fileOf({ account, generation }: Pick<SealedAccount, "account" | "generation">): SealedFile {
  return { account, generation, kind: "json" };
}

function purposeOf({ account, generation }: Pick<SealedAccount, "account" | "generation">): string {
  return `sealed account ${account}, generation ${generation}`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
