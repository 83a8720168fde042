// `npm start`: from a fresh clone to a running program. Installs and builds only what is missing.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ensureBuilt, isBuilt } from "./build.mjs";
import { ensureInstalled } from "./install.mjs";
import { requireNode } from "./node-version.mjs";
import { startArguments } from "./start-arguments.mjs";

const root = new URL("../", import.meta.url);
requireNode(root);
process.chdir(fileURLToPath(root));
await ensureInstalled(root, { dev: !isBuilt(root) });
await ensureBuilt(root);

const hasEnvFile = existsSync(".env");
if (hasEnvFile) process.loadEnvFile(".env");
const program = new URL("dist/cli/breakglass.js", root);
const args = startArguments({ env: process.env, hasEnvFile, args: process.argv.slice(2) });

// From here on this process is the program, so signals, exit code and terminal are its own, and no parent can leave it behind.
process.argv = [process.execPath, fileURLToPath(program), ...args];
await import(program.href);
