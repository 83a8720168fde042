import { randomBytes } from "node:crypto";
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { readConfig } from "../config.ts";
import type { Connection } from "../connection.ts";
import { counted } from "../domain/text.ts";
import { CodedError } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { Mirror, mirrorPath } from "../ledger/mirror.ts";
import { Recovery } from "../ledger/recovery.ts";
import { silent } from "../log.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { withLedger } from "./with-ledger.ts";

/**
 * `breakglass ledger recover`: fills Redis from a mirror. Workers do this by themselves from their own; this is for a mirror that
 * no worker has: of a machine that is gone, or of a backup. Redis is written only where it has nothing yet.
 *
 * @param file - the mirror; `DATA_DIR`'s if not given
 * @throws `LEDGER_FORK` when the two can't be one ledger; `LEDGER_BROKEN`, `LEDGER_UNAVAILABLE`, `BAD_USAGE`
 */
export async function recoverLedger(io: Io, file: string | undefined): Promise<ExitCode> {
  const source = file ?? mirrorPath(readConfig(io.env).dataDir);
  const dir = await mkdtemp(join(tmpdir(), "breakglass-recover-"));
  try {
    // A worker may be writing to it: what is worked on is a copy.
    const copy = mirrorPath(dir);
    await copyFile(source, copy).catch((cause: unknown) => {
      throw new CodedError("BAD_USAGE", `${source} can't be read.`, {
        next: "Name a worker's mirror, ledger.jsonl.",
        cause,
      });
    });
    return await withLedger<ExitCode>(io, async (ledger, _config, redis) => {
      const { known, recovered } = await recover(copy, { ledger, redis, io });
      const { seq } = await ledger.head();
      io.result(
        recovered === undefined
          ? `nothing to recover: the ledger has ${counted(seq, "entry", "entries")}, this mirror ${known}`
          : `entries ${recovered.from} to ${recovered.to} were written again; the ledger has ${seq}`,
      );
      return 0;
    });
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Writes again what Redis lacks of a mirror, which this program may write to. */
async function recover(copy: string, to: { readonly ledger: Ledger; readonly redis: Connection; readonly io: Io }) {
  const { ledger, redis, io } = to;
  const mirror = await Mirror.open(copy, ledger);
  try {
    const known = mirror.head.seq;
    const recovery = new Recovery({
      ...{ redis, ledger, mirror, now: Date.now, log: silent },
      token: () => randomBytes(16).toString("hex"),
      pause: async (ms) => {
        io.talk("waiting for other workers to write what only their mirrors hold…");
        await setTimeout(ms);
      },
    });
    return { known, recovered: await recovery.makeWhole() };
  } finally {
    await mirror.close();
  }
}
