import { randomBytes } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { readAccounts } from "../app/check-out.ts";
import { counted } from "../domain/text.ts";
import { CodedError } from "../errors.ts";
import { writeDraft } from "../key-file.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { SEALED_ACCOUNTS } from "../ledger/keys.ts";
import { makeExport, type Exported, type Manifest } from "../vault/offline/sealed-export.ts";
import { shareSheet } from "../vault/offline/share-sheet.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { serverAccount } from "./server-account.ts";
import { vaultOf } from "./vault-of.ts";
import { withLedger } from "./with-ledger.ts";

const SHARES_MAX = 20;

export interface ExportOptions {
  readonly shares: number;
  readonly threshold: number;
  /** A folder that isn't there yet, or is empty. */
  readonly out: string;
  readonly json: boolean;
}

/**
 * `breakglass vault export-sealed`: every sealed account encrypted to a key that nobody has alone, and a sheet for each holder of a
 * share of it. The ledger knows of it before a file is written.
 *
 * @throws `BAD_USAGE`, `SEAL_BROKEN`, `LEDGER_UNAVAILABLE`, `VAULT_KEY_INVALID`
 */
export async function exportSealed(io: Io, options: ExportOptions): Promise<ExitCode> {
  const { shares, threshold, json } = options;
  const out = resolve(options.out);
  if (
    !(
      Number.isInteger(shares) &&
      Number.isInteger(threshold) &&
      threshold >= 2 &&
      threshold <= shares &&
      shares <= SHARES_MAX
    )
  ) {
    throw new CodedError(
      "BAD_USAGE",
      `There are 2 to ${SHARES_MAX} shares, and at least 2 and at most all of them open it.`,
      {
        next: "For instance: breakglass vault export-sealed --shares 5 --threshold 3 --out export",
      },
    );
  }
  await refuseFull(out);
  const { accounts } = vaultOf(io);
  const opened: Exported[] = [];
  for (const record of await accounts.all())
    opened.push({ account: record.account, generation: record.generation, clear: await accounts.open(record) });
  if (opened.length === 0) throw new CodedError("BAD_USAGE", `Nothing is sealed under ${accounts.dir}.`);
  const made = await makeExport(opened, { shares, threshold, at: Date.now(), random: randomBytes });
  await record(io, made.manifest);
  await mkdir(out, { recursive: true, mode: 0o700 });
  await writeDraft(join(out, "export.json"), JSON.stringify(made.manifest, null, 2));
  for (const [name, bytes] of made.files) await writeDraft(join(out, name), bytes);
  const sheets: string[] = [];
  for (const [index, share] of made.shares.entries()) {
    const sheet = join(out, `share-${index + 1}-of-${shares}.txt`);
    await writeDraft(sheet, shareSheet(made.manifest, share, index + 1));
    sheets.push(sheet);
  }
  if (json) io.result(JSON.stringify({ export: made.manifest.export, out, sheets }, null, 2));
  else
    io.result(
      `export ${made.manifest.export}: ${counted(opened.length, "account")} under ${out}, any ${threshold} of ${shares} shares open it`,
    );
  io.talk(
    "hint: print each share-….txt, give it to its holder, and delete the file; keep the rest of the folder apart from them",
  );
  io.talk("hint: try it: docs/when-things-break.md has the drill. Export again after each rotation");
  return 0;
}

async function record(io: Io, manifest: Manifest): Promise<void> {
  const { export: name, shares, threshold, publicKey, accounts } = manifest;
  const listed = accounts.map(({ account, generation }) => ({ account, generation }));
  const actor = { via: "cli", account: serverAccount(io.env) } as const;
  const data = { export: name, shares, threshold, publicKey, accounts: listed };
  await withLedger(io, async (ledger) => {
    for (;;) {
      const { entries } = await readAccounts(ledger);
      try {
        await ledger.recordIn(SEALED_ACCOUNTS, entries, [{ type: "AccountsExported", actor, data }], Date.now());
        return;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  });
}

async function refuseFull(out: string): Promise<void> {
  const there = await readdir(out).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new CodedError("BAD_USAGE", `${out} can't be used as a folder.`, { cause: error });
  });
  if (there.length > 0)
    throw new CodedError("BAD_USAGE", `${out} is not empty.`, { next: "Name a folder that isn't there yet." });
}
