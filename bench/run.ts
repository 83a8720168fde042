import { slashToAck } from "./measures/slash-to-ack.ts";
import { table, type Row } from "./table.ts";

const MEASURES: Readonly<Record<string, () => Promise<Row[]>>> = { slashToAck };
const wanted = process.argv.slice(2);
for (const [name, measure] of Object.entries(MEASURES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  console.log(table(await measure()));
}
