// `npm run bench`: measures beside baselines, prints a table of ratios and writes bench/results.md. Exit code 0 if it ran.
// `npm run bench -- appends` runs only that measure, and writes nothing.
import { fileURLToPath } from "node:url";
import { ensureBuilt } from "./build.mjs";
import { ensureInstalled } from "./install.mjs";
import { requireNode } from "./node-version.mjs";
import { run } from "./run.mjs";

const root = new URL("../", import.meta.url);
requireNode(root);
process.chdir(fileURLToPath(root));
await ensureInstalled(root, { dev: true });
await ensureBuilt(root);
process.exitCode = await run(process.execPath, ["--import", "tsx", "bench/run.ts", ...process.argv.slice(2)]);
