// `npm run bench`: measures beside baselines, prints a table of ratios and writes bench/results.md. Exit code 0 if it ran.
// `npm run bench -- appends` runs only that measure, and writes nothing.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureBuilt } from "./build.mjs";
import { compileCopy } from "./compile.mjs";
import { ensureInstalled } from "./install.mjs";
import { requireNode } from "./node-version.mjs";
import { run } from "./run.mjs";

const root = new URL("../", import.meta.url);
requireNode(root);
process.chdir(fileURLToPath(root));
await ensureInstalled(root, { dev: true });
await ensureBuilt(root);
// What people run is compiled too.
const compiled = await compileCopy(root, process.env);
process.exitCode = await run(process.execPath, [join(compiled, "bench/run.js"), ...process.argv.slice(2)]);
