import { counted } from "../domain/text.ts";
import { writeTiles } from "../ledger/tiles.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { linesOf, readCheckpointed } from "./ledger-lines.ts";
import { withLedger } from "./with-ledger.ts";

/** `breakglass ledger export`: one JSON entry a line, from the first. */
export async function exportLedger(io: Io): Promise<ExitCode> {
  await withLedger(io, async (ledger) => {
    let count = 0;
    for await (const line of linesOf(ledger)) {
      io.result(line);
      count += 1;
      if (count % 50_000 === 0) io.talk(`${count} entries…`);
    }
    io.talk(counted(count, "entry", "entries"));
  });
  return 0;
}

/**
 * `breakglass ledger export --tiles`: the newest checkpoint and what it speaks of, as a folder that any tlog-tiles client reads.
 *
 * @throws `LEDGER_EMPTY`, `LEDGER_BROKEN`
 */
export async function exportTiles(io: Io, dir: string): Promise<ExitCode> {
  const { checkpoint, entries } = await readCheckpointed(io);
  const files = await writeTiles(dir, checkpoint, entries);
  io.result(`${counted(entries.length, "entry", "entries")} in ${counted(files, "file")} under ${dir}`);
  return 0;
}
