import { createHash, createPublicKey, sign, verify, type KeyObject } from "node:crypto";
import { open, readFile } from "node:fs/promises";
import { z } from "zod";
import { CodedError } from "../../errors.ts";

const GENESIS = "0".repeat(64);

const openingSchema = z.strictObject({
  v: z.literal(1),
  seq: z.int(),
  at: z.iso.datetime(),
  export: z.string(),
  account: z.string(),
  generation: z.int(),
  shares: z.array(z.int()),
  who: z.string(),
  why: z.string(),
  prev: z.string(),
  hash: z.string(),
  signature: z.base64(),
});

/** One opening as it was written before anything was shown. */
export type Opening = z.output<typeof openingSchema>;

/** What is known of an opening before it is written. */
export type NewOpening = Omit<Opening, "v" | "seq" | "prev" | "hash" | "signature">;

/**
 * Writes an opening to the end of a file, and sees it to the disk. Where somebody put lines of their own before it, it could never be
 * merged: that is told now.
 *
 * @param key - signs it: only who had enough shares has it
 * @throws `OFFLINE_JOURNAL` when it can't be written, or what stands there doesn't hold
 */
export async function writeOpening(path: string, opening: NewOpening, key: KeyObject): Promise<Opening> {
  const before = await readJournal(path, "may be missing");
  const { at, export: name, account, generation, shares, who, why } = opening;
  const forged = before.find((each) => each.export === name && !isSignedBy(each, createPublicKey(key)));
  if (forged !== undefined) throw broken(path, forged.seq, "nobody with enough shares wrote it");
  const content = {
    ...{ v: 1 as const, seq: before.length + 1, at, export: name, account, generation, shares, who, why },
    prev: before.at(-1)?.hash ?? GENESIS,
  };
  const hash = hashOf(content);
  const written: Opening = {
    ...content,
    hash,
    signature: sign(null, Buffer.from(hash, "hex"), key).toString("base64"),
  };
  try {
    const file = await open(path, "a", 0o600);
    try {
      await file.writeFile(`${JSON.stringify(written)}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (cause) {
    throw new CodedError("OFFLINE_JOURNAL", `${path} can't be written, so nothing is shown.`, {
      next: "Name a file that can: --journal /somewhere/offline-ledger.jsonl",
      cause,
    });
  }
  return written;
}

/**
 * The openings in a file, in order.
 *
 * @throws `OFFLINE_JOURNAL` with the line that doesn't hold
 */
export async function readJournal(path: string, missing: "may be missing" | "must be there"): Promise<Opening[]> {
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    if (missing === "may be missing" && cause instanceof Error && "code" in cause && cause.code === "ENOENT") return "";
    throw new CodedError("OFFLINE_JOURNAL", `${path} can't be read.`, { cause });
  });
  const lines = text.split("\n");
  if (lines.pop() !== "") throw broken(path, lines.length + 1, "it is cut off");
  let prev = GENESIS;
  return lines.map((line, index) => {
    const parsed = openingSchema.safeParse(json(line));
    if (!parsed.success) throw broken(path, index + 1, "it is no opening");
    const { hash, signature: _, ...content } = parsed.data;
    if (content.seq !== index + 1 || content.prev !== prev || hashOf(content) !== hash)
      throw broken(path, index + 1, "it was altered, or one before it is missing");
    prev = hash;
    return parsed.data;
  });
}

/** Whether somebody with enough shares of the export wrote it. @param key - the export's, as the ledger has it */
export function isSignedBy({ hash, signature }: Opening, key: KeyObject): boolean {
  return verify(null, Buffer.from(hash, "hex"), key, Buffer.from(signature, "base64"));
}

/** Over its fields in this order, which is that of the form. */
function hashOf(content: Omit<Opening, "hash" | "signature">): string {
  const { v, seq, at, export: name, account, generation, shares, who, why, prev } = content;
  const ordered = JSON.stringify([v, seq, at, name, account, generation, shares, who, why, prev]);
  return createHash("sha256").update(ordered).digest("hex");
}

function json(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function broken(path: string, line: number, why: string): CodedError {
  return new CodedError("OFFLINE_JOURNAL", `Line ${line} of ${path} does not hold: ${why}.`, {
    next: "Keep the file for whoever looks into it, and name another: --journal",
  });
}
