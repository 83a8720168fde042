import { writeFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { Records } from "../app/records.ts";
import { CodedError } from "../errors.ts";
import { CheckpointPost } from "../ledger/checkpoint-post.ts";
import { recordPage } from "../web/record/record-page.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { policyNames } from "./policy-names.ts";
import { idOf, unknown } from "./requests.ts";
import { withLedger } from "./with-ledger.ts";

/**
 * `breakglass record`: all that the ledger has of a request, as one HTML file that needs nothing else.
 *
 * @param options - `out`: the file; without it, the standard output
 * @throws `BAD_USAGE`, `REQUEST_UNKNOWN`, `LEDGER_UNAVAILABLE`
 */
export async function writeRecord(io: Io, typed: string, { out }: { readonly out?: string }): Promise<ExitCode> {
  const id = idOf(typed);
  const { name } = await policyNames(io);
  const facts = await withLedger(io, async (ledger, _config, redis) => {
    const records = new Records({ ledger, post: new CheckpointPost(redis), pause: (ms) => setTimeout(ms) });
    return await records.of(id);
  });
  if (facts === undefined) throw unknown(id);
  const page = recordPage(facts, name);
  if (facts.inclusion === undefined)
    io.talk("hint: no checkpoint was at hand, so it proves no place in the ledger: does a worker run?");
  if (out === undefined) {
    io.result(page.trimEnd());
    return 0;
  }
  await writeFile(out, page, { mode: 0o600 }).catch((cause: unknown) => {
    throw new CodedError("BAD_USAGE", `${out} can't be written.`, {
      next: "Name a file in a folder that is there.",
      cause,
    });
  });
  io.talk(`written: ${out}`);
  return 0;
}
