import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { linesIn } from "../../src/ledger/lines.ts";
import { partThreads } from "../../src/ledger/part-threads.ts";
import { DIVISION, READ_BYTES, verifyFile } from "../../src/ledger/verify-file.ts";
import { writeLedger } from "../big-ledger.ts";
import { threadScript } from "../../test/support/thread-script.ts";
import { ms, type Row } from "../table.ts";
import { inTempDir } from "../temp-dir.ts";

const ENTRIES = 1_000_000;

/** How long `verify` takes for a long ledger, beside SHA-256 alone over the same bytes: of each line, and of the whole file. */
export async function verifySpeed(): Promise<Row[]> {
  return await inTempDir(async (dir) => {
    const path = join(dir, "ledger.jsonl");
    await writeLedger(path, ENTRIES);
    const whole = await timed(async () => {
      const hash = createHash("sha256");
      for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
      hash.digest();
    });
    const lines = await timed(async () => {
      for await (const line of linesIn(createReadStream(path))) createHash("sha256").update(line).digest("hex");
    });
    const division = { ...DIVISION, checkers: () => partThreads(availableParallelism(), threadScript()) };
    const ours = await timed(async () => {
      const { broken, head } = await verifyFile(createReadStream(path, { highWaterMark: READ_BYTES }), [], {
        division,
      });
      if (broken !== undefined || head.seq !== ENTRIES) throw new Error("the bench's own ledger does not verify");
    });
    const row = (theirs: number, of: string): Row => ({
      what: "verify of 1,000,000 entries",
      ours: ms(ours),
      baseline: `${ms(theirs)}, SHA-256 of ${of}`,
      ratio: ours / theirs,
      goal: "at most 4",
    });
    return [row(lines, "each line"), row(whole, "the file as one")];
  });
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
