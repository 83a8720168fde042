import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { readConfig } from "../config.ts";
import { CLOCK } from "../domain/people.ts";
import { CodedError } from "../errors.ts";
import { checkpointText, originOf } from "../ledger/checkpoint.ts";
import { parseEntry } from "../ledger/entry.ts";
import { changeLedgerKey, draftLedgerKey, loadLedgerKey, publicHalf } from "../ledger/ledger-key.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { noteKey, writeNote, writeVkey } from "../ledger/note.ts";
import { verify } from "../ledger/verify.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { linesOf } from "./ledger-lines.ts";
import { withLedger } from "./with-ledger.ts";

/** `breakglass ledger key`: the public key with which this installation's checkpoints are checked. */
export async function printLedgerKey(io: Io): Promise<ExitCode> {
  await withLedger(io, async (ledger, { ledgerKeyFile }) => {
    refuseMissing(ledgerKeyFile);
    const key = noteKey(await originOfRunning(ledger), publicHalf(await loadLedgerKey(ledgerKeyFile)));
    io.result(writeVkey(key));
  });
  return 0;
}

/**
 * `breakglass ledger change-key`: another key signs from now on. Both sign where the ledger stands, and that is recorded in it,
 * so that whoever trusts the one can trust the other.
 *
 * @throws `LEDGER_KEY_INVALID`, `LEDGER_BROKEN`, `LEDGER_UNAVAILABLE`
 */
export async function changeKey(io: Io): Promise<ExitCode> {
  const { ledgerKeyFile: path } = readConfig(io.env);
  refuseMissing(path);
  return await withLedger<ExitCode>(io, async (ledger) => {
    const { head, root, broken } = await verify(linesOf(ledger));
    if (broken !== undefined) throw new CodedError("LEDGER_BROKEN", `Entry ${broken.line}: ${broken.problem}`);
    const origin = await originOfRunning(ledger);
    const privateKeys = [await loadLedgerKey(path), await draftLedgerKey(path)];
    const signers = privateKeys.map((privateKey) => ({ privateKey, key: noteKey(origin, publicHalf(privateKey)) }));
    const [from = "", to = ""] = signers.map(({ key }) => writeVkey(key));
    const text = checkpointText({ origin, size: head.seq, root: Buffer.from(root, "base64") });
    const checkpoint = writeNote(text, signers);
    try {
      const data = { from, to, checkpoint };
      await ledger.recordOwn(() => [{ type: "LedgerKeyChanged", actor: CLOCK, data }], Date.now());
    } catch (error) {
      await rm(`${path}.new`, { force: true });
      throw error;
    }
    const kept = await changeLedgerKey(path, from.split("+")[1] ?? "old");
    io.result(to);
    io.talk(`the key before it is kept as ${kept}`);
    io.talk(
      "hint: tell whoever checks your checkpoints; keys signed by both are found by breakglass ledger verify itself",
    );
    return 0;
  });
}

/** Only a worker makes the first key: one made here would be on the wrong machine. */
function refuseMissing(path: string): void {
  if (existsSync(path)) return;
  throw new CodedError("LEDGER_KEY_INVALID", `There is no ledger key ${path}.`, {
    next: "Is this the DATA_DIR of a worker? It makes one at its first start.",
  });
}

async function originOfRunning(ledger: Ledger): Promise<string> {
  const [first] = await ledger.range(1, 1);
  if (first !== undefined) return originOf(parseEntry(first).hash);
  throw new CodedError("LEDGER_EMPTY", "The ledger has no entry yet, and so no name.", {
    next: "It has one from the first start on.",
  });
}
