// `npm run torture`: kills and breaks everything, again and again, and counts what was lost. `-- --help` explains.
import { fileURLToPath } from "node:url";
import { ensureInstalled } from "./install.mjs";
import { requireNode } from "./node-version.mjs";
import { run } from "./run.mjs";

const root = new URL("../", import.meta.url);
requireNode(root);
process.chdir(fileURLToPath(root));
await ensureInstalled(root, { dev: true });
process.exitCode = await run(process.execPath, ["--import", "tsx", "test/torture/run.ts", ...process.argv.slice(2)]);
