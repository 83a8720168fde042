import { asCoded } from "../../src/errors.ts";
import { Recordings } from "../../src/recording/recordings.ts";
import { OF, statement } from "./statement.ts";

/** A process that writes until it can't any more, and says how far it came and why it ended. */
const [dataDir = ""] = process.argv.slice(2);
process.on("SIGXFSZ", () => undefined);
const recording = new Recordings(dataDir, "full", () => 0).of(OF);
let n = 0;
try {
  for (;;) n = recording.begin(statement(`SELECT '${"x".repeat(700)}'`));
} catch (error) {
  process.stdout.write(`${n} ${asCoded(error).code}`);
}
