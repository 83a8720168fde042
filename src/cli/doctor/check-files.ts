import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { access, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { plays, type Config } from "../../config.ts";
import { counted } from "../../domain/text.ts";
import { asCoded } from "../../errors.ts";
import { originOf } from "../../ledger/checkpoint.ts";
import { parseEntry, type Head } from "../../ledger/entry.ts";
import { loadLedgerKey, publicHalf } from "../../ledger/ledger-key.ts";
import type { Ledger } from "../../ledger/ledger.ts";
import { mirrorPath, readMirror } from "../../ledger/mirror.ts";
import { noteKey, writeVkey } from "../../ledger/note.ts";
import { KEY_BYTES, readVaultKeys } from "../../vault/key-file.ts";
import { openVault } from "../../vault/open-vault.ts";
import { findings, type Finding } from "./finding.ts";

const mirrorFound = findings("mirror");
const keysFound = findings("keys");
/** What a worker copies within a second. */
const BEHIND_SEEN = 1_000;
/** An entry is at most 60 kB, and a request has about nine. */
const FULL_BYTES = 1_000_000;

/**
 * Whether the mirror can be written and how far it is behind, and whether the keys are there and nobody else's to read.
 *
 * @param ledger - undefined when Redis can't be asked
 */
export async function checkFiles(config: Config, ledger: Ledger | undefined): Promise<Finding[]> {
  if (!plays(config, "worker")) return [await vaultKey(config)];
  const { findings: mirror, first } = await checkMirror(config, ledger);
  return [...mirror, await vaultKey(config), await ledgerKey(config, first)];
}

async function checkMirror(
  { dataDir }: Config,
  ledger: Ledger | undefined,
): Promise<{ findings: Finding[]; first?: string }> {
  const path = mirrorPath(dataDir);
  if (!(await may(path, constants.F_OK))) {
    return (await may(`${await nearest(dataDir)}/.`, constants.W_OK))
      ? { findings: [mirrorFound("fine", `${path} is made at the first start`)] }
      : {
          findings: [
            mirrorFound(
              "problem",
              `${dataDir} can't be written`,
              "DATA_DIR must be a folder of the user that runs this",
            ),
          ],
        };
  }
  if (!(await may(path, constants.W_OK)))
    return { findings: [mirrorFound("problem", `${path} can't be written`, "give it to the user that runs this")] };
  const freeBytes = await freeFor(path);
  if (freeBytes < FULL_BYTES) {
    const text = `${path} can't be written: the disk is full (${freeBytes} bytes are free)`;
    return { findings: [mirrorFound("problem", text, "free it, or nothing is granted")] };
  }
  const { head, broken, first } = await readMirror(dataDir);
  if (broken !== undefined) {
    const text = `${path} holds only up to entry ${head.seq}: ${broken.message}`;
    return { first, findings: [mirrorFound("problem", text, "docs/errors.md#ledger_broken")] };
  }
  const entries = counted(head.seq, "entry", "entries");
  if (ledger === undefined)
    return { first, findings: [mirrorFound("unknown", `${path}: ${entries}; Redis can't be asked for more`)] };
  const forkedAt = await forkOf(ledger, head);
  if (forkedAt !== undefined) {
    const text = `the ledger is forked: Redis and ${forkedAt === head.seq ? path : "a worker's mirror"} have different entries ${forkedAt}; nothing is granted`;
    return { first, findings: [mirrorFound("problem", text, "docs/errors.md#ledger_fork")] };
  }
  const behind = (await ledger.head()).seq - head.seq;
  if (behind < 0) {
    const text = `Redis lacks the last ${counted(-behind, "entry", "entries")} of ${path}`;
    return {
      first,
      findings: [mirrorFound("problem", text, "a worker writes them again by itself; see docs/when-things-break.md")],
    };
  }
  const text = `${path}: ${entries}, ${behind} behind Redis`;
  const hint = "does a worker run with this DATA_DIR?";
  return { first, findings: [behind < BEHIND_SEEN ? mirrorFound("fine", text) : mirrorFound("problem", text, hint)] };
}

/** From which entry on this mirror, or that of a worker which runs, is another history than Redis; undefined where none is known to be. */
async function forkOf(ledger: Ledger, { seq, hash }: Head): Promise<number | undefined> {
  const [same] = seq === 0 ? [] : await ledger.range(seq, 1);
  return same !== undefined && parseEntry(same).hash !== hash ? seq : await ledger.forkedAt();
}

async function vaultKey(config: Config): Promise<Finding> {
  const { vaultKeyFile: path, kms } = config;
  if (kms !== undefined) {
    try {
      const { keys } = openVault(config, randomBytes);
      await keys.unwrap(await keys.wrap(randomBytes(KEY_BYTES), "a look at it"), "a look at it");
      return keysFound("fine", `the vault's key ${kms.key} in AWS KMS wraps and unwraps`);
    } catch (error) {
      const { message, next } = asCoded(error);
      return keysFound("problem", message, next);
    }
  }
  return await key(path, async () => {
    await readVaultKeys({ path, random: () => Buffer.alloc(0), sealed: () => [] });
    return `the vault key ${path}: mode ${await modeOf(path)}`;
  });
}

async function ledgerKey({ ledgerKeyFile: path }: Config, first: string | undefined): Promise<Finding> {
  return await key(path, async () => {
    const loaded = publicHalf(await loadLedgerKey(path));
    const shown = first === undefined ? "" : `; its public half is ${writeVkey(noteKey(originOf(first), loaded))}`;
    return `the ledger key ${path}: mode ${await modeOf(path)}${shown}`;
  });
}

/** A key that isn't there is made by the program, never by a look at it. */
async function key(path: string, look: () => Promise<string>): Promise<Finding> {
  if (!(await may(path, constants.F_OK)))
    return keysFound(
      "warning",
      `${path} is not there yet`,
      "it is made at the first start; of the vault's, bot and worker need the same",
    );
  try {
    return keysFound("fine", await look());
  } catch (error) {
    const { message, next } = asCoded(error);
    return keysFound("problem", message, next);
  }
}

/** The folder itself, or the nearest there is above it: the first start makes the rest. */
async function nearest(folder: string): Promise<string> {
  const above = dirname(folder);
  return above === folder || (await may(folder, constants.F_OK)) ? folder : await nearest(above);
}

/** How much its disk still takes of whoever isn't root, in bytes. */
async function freeFor(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(path);
  return bavail * bsize;
}

async function modeOf(path: string): Promise<string> {
  return ((await stat(path)).mode & 0o777).toString(8).padStart(4, "0");
}

async function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
