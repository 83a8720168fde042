import { Recordings } from "../../src/recording/recordings.ts";
import { OF, statement } from "./statement.ts";

/** A process that writes statement after statement into a recording, and says after each one that it returned. */
const [dataDir = ""] = process.argv.slice(2);
const recording = new Recordings(dataDir, "killed", () => Date.now()).of(OF);
for (;;) {
  const n = recording.begin(statement(`UPDATE orders SET status = 'x' WHERE id = ${"1".repeat(200)}`));
  recording.end(n, { ms: 1, command: "UPDATE 1", rows: 1 });
  process.stdout.write(`${n}\n`);
  await new Promise((resolve) => setImmediate(resolve));
}
