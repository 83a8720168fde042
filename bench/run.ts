// `npm run bench`: measures, prints a table, writes bench/results.md, and judges nothing. With arguments, only those
// measures, and nothing is written.
import { writeFile } from "node:fs/promises";
import { cpus } from "node:os";
import { appends } from "./measures/appends.ts";
import { clickToGrant } from "./measures/click-to-grant.ts";
import { gateway } from "./measures/gateway.ts";
import { hanging } from "./measures/hanging.ts";
import { insights } from "./measures/insights.ts";
import { lateness } from "./measures/lateness.ts";
import { ledgerSize } from "./measures/ledger-size.ts";
import { beingWatched } from "./measures/being-watched.ts";
import { manyGrants } from "./measures/many-grants.ts";
import { postgresLateness } from "./measures/postgres-lateness.ts";
import { scrape } from "./measures/scrape.ts";
import { slashToAck } from "./measures/slash-to-ack.ts";
import { startUp } from "./measures/start-up.ts";
import { verifySpeed } from "./measures/verify-speed.ts";
import { table, type Row } from "./table.ts";

const MEASURES: Readonly<Record<string, () => Promise<Row[]>>> = {
  slashToAck,
  hanging,
  clickToGrant,
  appends,
  lateness,
  postgresLateness,
  manyGrants,
  scrape,
  beingWatched,
  gateway,
  ledgerSize,
  insights,
  verifySpeed,
  startUp,
};
const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !(name in MEASURES));
if (unknown.length > 0) {
  console.error(`There is no measure ${unknown.join(", ")}. There are: ${Object.keys(MEASURES).join(", ")}.`);
  process.exit(2);
}
const rows: Row[] = [];
for (const [name, measure] of Object.entries(MEASURES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.error(`${name} …`);
  rows.push(...(await measure()));
}
console.log(table(rows));
if (wanted.length === 0) {
  const [cpu] = cpus();
  const machine = `${cpus().length} × ${cpu?.model ?? "?"}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
  const words = [
    "# How fast",
    "",
    `Measured by \`npm run bench\` on ${machine}. Each baseline ran beside ours in the same run, in turns, on a Redis with`,
    "the same settings (`appendonly yes`, `appendfsync always`), so the ratios say more than the times. Slack is the stand-in",
    "of the demo in a process of its own, with a low priority; where a provider is needed, it does nothing.",
    "",
    table(rows),
    "",
    "![How late the target is asked to revoke](../docs/lateness.svg)",
    "",
    "![What an append and a request cost, by the length of the ledger](../docs/cost.svg)",
    "",
  ];
  await writeFile("bench/results.md", words.join("\n"));
}
