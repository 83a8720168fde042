import { access, constants, readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { cut, plainLine } from "../domain/text.ts";
import { CodedError } from "../errors.ts";
import { nearest } from "../domain/nearest.ts";
import { writeOpening } from "../vault/offline/journal.ts";
import { joinShares, manifestSchema, type Manifest } from "../vault/offline/sealed-export.ts";
import { lineOf, readShares, type Share } from "../vault/offline/share-text.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";

const SAID_MAX = 500;

export interface OpenOptions {
  /** The account; may be left out where there is one alone. */
  readonly account?: string | undefined;
  /** Sheets, or files with what was typed of them. */
  readonly share: readonly string[];
  readonly who?: string | undefined;
  readonly why?: string | undefined;
  /** Where the opening is written; default `offline-ledger.jsonl` in the export's folder. */
  readonly journal?: string | undefined;
}

/** Where shares and answers come from that the options don't have. */
export interface Asker {
  /** Asks at a terminal; undefined where there is none. */
  readonly ask: ((question: string) => Promise<string>) | undefined;
  /** All of stdin, where it isn't a terminal. */
  readonly piped: () => Promise<string>;
}

/**
 * `breakglass offline open`: opens an exported account with enough shares. It needs no Redis, no chat, no service and no vault. Who and
 * why is written, signed, before anything is shown. The password goes to stdout: this is the one command that prints one.
 *
 * @throws `SHARE_INVALID`, `OFFLINE_JOURNAL`, `SEAL_BROKEN`, `SEALED_UNKNOWN`, `BAD_USAGE`
 */
export async function openOffline(io: Io, folder: string, options: OpenOptions, asker: Asker): Promise<ExitCode> {
  const dir = resolve(folder);
  const manifest = await readManifest(dir);
  const listed = accountIn(manifest, options.account);
  const journal = resolve(options.journal ?? join(dir, "offline-ledger.jsonl"));
  io.talk(
    `export ${manifest.export} of ${manifest.at.slice(0, 10)}: any ${manifest.threshold} of ${manifest.shares} shares open it`,
  );
  const opener = await joinShares(manifest, await sharesOf(io, manifest, options.share, asker));
  const file = await readFile(join(dir, listed.file)).catch((cause: unknown) => {
    throw new CodedError("SEAL_BROKEN", `${listed.file} is missing in ${dir}.`, { cause });
  });
  const clear = await opener.open(listed.account, file);
  const who = await answer(options.who, "who opens it? ", asker, "--who 'Carol Diaz'");
  const why = await answer(options.why, "and why? ", asker, "--why 'INC-42, everything is down'");
  const { account, generation } = listed;
  const at = new Date().toISOString();
  await writeOpening(
    journal,
    { at, export: manifest.export, account, generation, shares: [...opener.shares], who, why },
    opener.key,
  );
  io.talk(`written to ${journal}, signed`);
  io.result(`user: ${clear.user}`);
  io.result(`password: ${clear.password}`);
  if (clear.connect !== undefined) io.result(`connect: ${clear.connect}`);
  io.talk(`hint: when the service is back: breakglass offline merge ${journal}; then rotate ${account}`);
  return 0;
}

async function readManifest(dir: string): Promise<Manifest> {
  const path = join(dir, "export.json");
  const text = await readFile(path, "utf8").catch((cause: unknown) => {
    throw new CodedError("BAD_USAGE", `There is no export in ${dir}.`, {
      next: "Name the folder that breakglass vault export-sealed made: it has an export.json.",
      cause,
    });
  });
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new CodedError("SEAL_BROKEN", `${path} is damaged.`, { next: "Is there another copy of the folder?", cause });
  }
}

function accountIn({ accounts }: Manifest, name: string | undefined): Manifest["accounts"][number] {
  const names = accounts.map(({ account }) => account);
  const [only, ...others] = accounts;
  if (name === undefined && only !== undefined && others.length === 0) return only;
  const found = accounts.find(({ account }) => account === name);
  if (found !== undefined) return found;
  const near = name === undefined ? undefined : nearest(name, names);
  throw new CodedError("SEALED_UNKNOWN", name === undefined ? "Which account?" : `The export has no account ${name}.`, {
    next: near === undefined ? `It has: ${names.join(", ")}.` : `Did you mean ${near}?`,
  });
}

async function sharesOf(io: Io, manifest: Manifest, files: readonly string[], asker: Asker): Promise<Share[]> {
  const shares: Share[] = [];
  for (const path of files) {
    if (
      !(await access(path, constants.R_OK).then(
        () => true,
        () => false,
      ))
    )
      throw new CodedError("BAD_USAGE", `${path} can't be read.`);
    const found = sharesIn(path, await readFile(path, "utf8"));
    if (found.length === 0)
      throw new CodedError("SHARE_INVALID", `There is no share in ${path}.`, {
        next: "A sheet has four lines that begin with 1: to 4:.",
      });
    shares.push(...found);
  }
  const { ask } = asker;
  if (ask === undefined)
    return files.length >= manifest.threshold ? shares : [...shares, ...readShares(await asker.piped())];
  while (shares.length < manifest.threshold) {
    io.talk(`share ${shares.length + 1} of ${manifest.threshold}: type its four lines`);
    const lines: string[] = [];
    while (lines.length < 4) {
      const nth = lines.length + 1;
      const typed = (await ask(`${nth}: `)).replace(new RegExp(`^\\s*${nth}\\s*:`), "");
      try {
        lineOf(typed, nth);
        lines.push(`${nth}: ${typed}`);
      } catch (error) {
        if (!(error instanceof CodedError)) throw error;
        io.talk(`error: ${error.message} ${error.next}`);
      }
    }
    const typed = readShares(lines.join("\n"));
    // Said at once, while its holder is still there.
    const [share] = typed;
    if (share !== undefined && share.export !== manifest.export)
      io.talk(`error: that share is of the export ${share.export}, and this is ${manifest.export}`);
    else if (share !== undefined && shares.some(({ bytes }) => Buffer.compare(bytes, share.bytes) === 0))
      io.talk("error: that share is there already: each counts once");
    else shares.push(...typed);
  }
  return shares;
}

/** Of several files it has to be said which one is wrong. */
function sharesIn(path: string, text: string): Share[] {
  try {
    return readShares(text);
  } catch (error) {
    if (!(error instanceof CodedError)) throw error;
    throw new CodedError(error.code, `${path}: ${error.message}`, { next: error.next });
  }
}

async function answer(given: string | undefined, question: string, { ask }: Asker, example: string): Promise<string> {
  const said = cut(plainLine(given ?? (ask === undefined ? "" : await ask(question))), SAID_MAX);
  if (said !== "") return said;
  throw new CodedError("BAD_USAGE", "Nothing is shown before it is written who opens it, and why.", {
    next: `Say so: ${example}`,
  });
}
