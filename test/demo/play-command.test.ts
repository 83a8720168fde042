import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { describe, it } from "node:test";
import { promisify } from "node:util";

const run = promisify(execFile);

describe("breakglass demo --play", () => {
  it("plays the whole incident and exits 0 only when every step held", async () => {
    const { stdout } = await run(process.execPath, ["--import", "tsx", "src/cli/breakglass.ts", "demo", "--play"], {
      cwd: `${import.meta.dirname}/../..`,
      timeout: 60_000,
    });
    for (const step of [
      /does not know you/,
      /97 orders moved on/,
      /password authentication failed/,
      /Gone, and checked/,
      /entries hold/,
      /Every step held/,
    ]) {
      assert.match(stdout, step);
    }
  });
});
