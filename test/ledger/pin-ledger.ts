import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { EMPTY, seal, type Entry, type Head } from "../../src/ledger/entry.ts";
import { T0 } from "../domain/given.ts";
import { LIVES } from "../domain/lives.ts";
import { OF_NO_REQUEST } from "../domain/of-no-request.ts";
import { requestsIn } from "./requests-in.ts";

// Writes down a ledger with one of everything that this version has, and what it folds into. Run once for each version that adds to
// the ledger, never to change a file that is there: node --import tsx test/ledger/pin-ledger.ts ledger-v2

const [, , name = ""] = process.argv;
const FIXTURES = join(import.meta.dirname, "../fixtures");
const entries: Entry[] = [];

function append(event: Parameters<typeof seal>[0], request?: string): void {
  const head: Head = entries.at(-1) ?? EMPTY;
  let salts = 0;
  const salt = () => createHash("sha256").update(`${head.seq} ${salts++}`).digest("base64url").slice(0, 22);
  entries.push(seal(event, head, { request, at: T0 + head.seq * 1_000, salt }));
}

for (const [nth, life] of Object.values(LIVES).entries())
  for (const { event } of life) append(event, `BG-P1N${String(nth).padStart(3, "0")}`);
for (const event of OF_NO_REQUEST) append(event, event.type === "AnomalyRaised" ? "BG-P1N000" : undefined);

const lines = entries.map((entry) => `${JSON.stringify(entry)}\n`);
await writeFile(join(FIXTURES, `${name}.jsonl`), lines, { flag: "wx" });
const requests = requestsIn(entries).map((each) => `  ${JSON.stringify(each)}`);
await writeFile(join(FIXTURES, `${name}.requests.json`), `[\n${requests.join(",\n")}\n]\n`, { flag: "wx" });
