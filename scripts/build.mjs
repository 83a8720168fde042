import { existsSync, mkdirSync, readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runStep } from "./run.mjs";

/**
 * Whether dist was built from the sources as they are.
 *
 * @param {URL} root - the package's folder
 */
export function isBuilt(root) {
  const stamp = new URL("dist/.built", root);
  if (!existsSync(stamp) || !existsSync(new URL("dist/cli/breakglass.js", root))) return false;
  const builtAt = statSync(stamp).mtimeMs;
  const src = fileURLToPath(new URL("src", root));
  // Folders count too: theirs is the time at which a file went away.
  const sources = readdirSync(src, { recursive: true }).map((name) => join(src, name));
  const settings = ["tsconfig.json", "tsconfig.build.json"].map((name) => fileURLToPath(new URL(name, root)));
  return [src, ...sources, ...settings].every((path) => statSync(path).mtimeMs <= builtAt);
}

/**
 * Builds dist if it is missing or older than its sources. It leaves the types unchecked, which takes most of a build's time
 * and is the gate's to do; `npm run build` checks them.
 *
 * @param {URL} root - the package's folder
 */
export async function ensureBuilt(root) {
  if (isBuilt(root)) return;
  const start = new Date(); // what is saved while the compiler runs belongs to the next build
  const compiler = fileURLToPath(new URL("node_modules/typescript/bin/tsc", root));
  await runStep("Building", process.execPath, [compiler, "-p", "tsconfig.build.json", "--noCheck"], { cwd: root });
  const stamp = new URL("dist/.built", root);
  mkdirSync(new URL("dist", root), { recursive: true });
  writeFileSync(stamp, "");
  utimesSync(stamp, start, start);
}
