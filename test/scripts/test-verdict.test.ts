import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { pathToFileURL } from "node:url";

type Verdict = (run: { files: number; together?: string[]; exitCode: number; reported: string }) => {
  exitCode: number;
  problem?: string;
};

const scripts = join(import.meta.dirname, "../../scripts");
const { testVerdict } = (await import(pathToFileURL(join(scripts, "test-verdict.mjs")).href)) as {
  testVerdict: Verdict;
};

const A = "test/a.test.ts";

describe("testVerdict", () => {
  it("passes what ran and passed", () => {
    const reported = "tested /x/test/a.test.ts\ntested /x/test/b.test.ts\ntests 12\n";
    assert.deepEqual(testVerdict({ files: 1, together: [A, "test/b.test.ts"], exitCode: 0, reported }), {
      exitCode: 0,
    });
  });

  it("keeps node's exit code", () => {
    assert.deepEqual(testVerdict({ files: 2, exitCode: 7, reported: "tests 12\n" }), { exitCode: 7 });
  });

  it("names each file in which no test was run", () => {
    const reported = "tested /x/test/a.test.ts\ntests 12\n";
    const { problem } = testVerdict({ files: 1, together: [A, "test/b.test.ts"], exitCode: 0, reported });
    assert.equal(problem, "No test in test/b.test.ts.");
  });

  it("fails without a test file, without a test, and without a count", () => {
    const runs = [
      { files: 0, exitCode: 0, reported: "" },
      { files: 1, exitCode: 0, reported: "tests 0\n" },
      { files: 1, exitCode: 0, reported: "" },
    ];
    assert.deepEqual(
      runs.map((run) => testVerdict(run).problem),
      ["No test file was found.", "No test was run.", "No test was run."],
    );
    assert.deepEqual(new Set(runs.map((run) => testVerdict(run).exitCode)), new Set([1]));
  });
});

describe("the gate's reporter", () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "breakglass-gate-"));
    await writeFile(join(folder, "good.test.mjs"), 'import { it } from "node:test"; it("holds", () => {});');
    await writeFile(join(folder, "quits.test.mjs"), "process.exit(0);");
    await writeFile(join(folder, "hollow.test.mjs"), 'import { describe } from "node:test"; describe("x", () => {});');
  });
  after(() => rm(folder, { recursive: true, force: true }));

  /** Runs node's own runner on a file as the gate does, and judges. */
  function judge(file: string) {
    const reporter = `--test-reporter=${join(scripts, "tests-reported.mjs")}`;
    // The runner marks its children with NODE_TEST_CONTEXT, and one that sees the mark would not report for itself.
    const env = { ...process.env, NODE_TEST_CONTEXT: undefined };
    const { status, stdout } = spawnSync(process.execPath, ["--test", reporter, join(folder, file)], { env });
    return testVerdict({ files: 1, exitCode: status ?? 1, reported: stdout.toString() });
  }

  it("passes a file with a test", () => {
    assert.deepEqual(judge("good.test.mjs"), { exitCode: 0 });
  });

  it("sees through a file that ends before its tests, which node counts as passed", () => {
    assert.match(judge("quits.test.mjs").problem ?? "", /^No test in .*quits\.test\.mjs\.$/);
  });

  it("sees through a suite without a test", () => {
    assert.deepEqual(judge("hollow.test.mjs"), { exitCode: 1, problem: "No test was run." });
  });
});
