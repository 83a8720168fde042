// `npm test`: the whole gate. `npm test -- test/domain` runs only the test files whose path contains one of the arguments,
// and nothing else; options such as `--test-name-pattern=x` go to node's test runner.
import { execFile } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureBuilt } from "./build.mjs";
import { ensureChromium } from "./chromium.mjs";
import { compileCopy } from "./compile.mjs";
import { ensureInstalled } from "./install.mjs";
import { requireNode } from "./node-version.mjs";
import { quickFolder } from "./quick-folder.mjs";
import { run, runTold } from "./run.mjs";
import { testVerdict } from "./test-verdict.mjs";
import { together } from "./together.mjs";

/** A process of tests that hangs is ended after this time, in milliseconds. */
const FILE_LIMIT_MS = 600_000;

const root = new URL("../", import.meta.url);
requireNode(root);
process.chdir(fileURLToPath(root));
const args = process.argv.slice(2);
const options = args.filter((arg) => arg.startsWith("-"));
const wanted = args.filter((arg) => !arg.startsWith("-"));

await ensureInstalled(root, { dev: true });
const BREAKGLASS_CHROMIUM = await ensureChromium(process.env);
const BREAKGLASS_REDIS_SERVER = await findRedis();
process.exitCode = wanted.length === 0 ? await runGate() : await runTests(testFiles(), { node: ["--import", "tsx"] });

/** Types, style and tests. The first two are checked beside the tests, with what time these leave. */
async function runGate() {
  // Both make much garbage that dies young: room for it saves a tenth of their time.
  const env = { ...process.env, NODE_OPTIONS: `${process.env.NODE_OPTIONS ?? ""} --max-semi-space-size=64` };
  const check = async (what, script) => await runTold(what, "nice", ["npm", "run", "--silent", script], { env });
  await ensureBuilt(root);
  const compiled = await compileCopy(root, env);
  const types = check("Checking types", "types");
  const style = types.then(async () => await check("Checking style", "lint"));
  const entries = together(
    testFiles().map((file) => file.replace(/\.ts$/, ".js")),
    compiled,
  );
  const shared = entries.filter((entry) => entry.files.length > 1).flatMap((entry) => entry.files);
  const tests = await runTests(
    entries.map(({ path }) => path),
    { together: shared.map((file) => file.replace(/\.js$/, ".ts")), cwd: compiled, node: ["--enable-source-maps"] },
  );
  const [typed, styled] = await Promise.all([types, style]);
  for (const [what, code] of Object.entries({ type: typed, style: styled }))
    if (code !== 0) console.error(`The ${what} check failed; what it found stands above, among the tests.`);
  return tests || typed || styled;
}

/** The path of a Redis server for the tests; ends the program when there is none and none can be fetched. */
async function findRedis() {
  const search = promisify(execFile)(process.execPath, ["--import", "tsx", "scripts/find-redis.mjs"]);
  search.child.stderr.pipe(process.stderr);
  const { stdout } = await search.catch(() => process.exit(1));
  return stdout.trim();
}

/** The test files that are wanted; all, if none was named. */
function testFiles() {
  const files = readdirSync("test", { recursive: true }).map((name) => join("test", name));
  const tests = files.filter((file) => file.endsWith(".test.ts")).sort();
  return wanted.length === 0 ? tests : tests.filter((file) => wanted.some((part) => file.includes(part)));
}

/**
 * @param {string[]} files - what node is given
 * @param {{ together?: string[], cwd?: string, node: string[] }} how - what shares a process: in each of them a test must run; from
 * which folder; and node's options
 */
async function runTests(files, { together: shared = [], cwd = ".", node }) {
  const folder = quickFolder();
  const count = join(folder, "tests");
  try {
    const reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout"];
    reporters.push("--test-reporter=./scripts/tests-reported.mjs", `--test-reporter-destination=${count}`);
    // Most tests wait for something most of the time.
    const limits = [`--test-concurrency=${3 * Math.max(2, availableParallelism())}`, `--test-timeout=${FILE_LIMIT_MS}`];
    const command = [...node, "--test", ...reporters, ...limits, ...options, ...files];
    const env = { ...process.env, BREAKGLASS_REDIS_SERVER, BREAKGLASS_CHROMIUM, TMPDIR: folder };
    const exitCode = files.length === 0 ? 0 : await run(process.execPath, command, { cwd, env });
    const reported = existsSync(count) ? readFileSync(count, "utf8") : "";
    const verdict = testVerdict({ files: files.length, together: shared, exitCode, reported });
    if (verdict.problem) console.error(verdict.problem);
    return verdict.exitCode;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
