import { CodedError } from "../errors.ts";
import { inclusionProof } from "../ledger/merkle.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { readCheckpointed } from "./ledger-lines.ts";

/**
 * `breakglass ledger prove`: that an entry is in the ledger that the newest checkpoint speaks of. Whoever has the entry and the
 * ledger's public key needs nothing else. https://c2sp.org/tlog-proof
 *
 * @param typed - the entry's number, from 1
 * @throws `BAD_USAGE`, `LEDGER_EMPTY`, `LEDGER_BROKEN`
 */
export async function proveEntry(io: Io, typed: string): Promise<ExitCode> {
  const { checkpoint, entries } = await readCheckpointed(io);
  const seq = /^[1-9]\d{0,14}$/.test(typed) ? Number(typed) : 0;
  if (seq < 1 || seq > entries.length) {
    throw new CodedError(
      "BAD_USAGE",
      `The newest checkpoint speaks of entries 1 to ${entries.length}, not of ${typed}.`,
      {
        next: "A newer entry is in the next one, within a minute.",
      },
    );
  }
  const leaves = entries.map(({ leaf }) => leaf);
  const hashes = inclusionProof(leaves, seq - 1).map((hash) => hash.toString("base64"));
  io.result(["c2sp.org/tlog-proof@v1", `index ${seq - 1}`, ...hashes, "", checkpoint.trimEnd()].join("\n"));
  return 0;
}
