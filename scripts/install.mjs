import { existsSync, readFileSync } from "node:fs";
import { runStep } from "./run.mjs";

/**
 * Whether node_modules holds what package-lock.json asks for. Compares versions, not file times: a checkout touches the
 * one, and `npm install` writes the other first.
 *
 * @param {object} wanted - package-lock.json
 * @param {object | undefined} present - node_modules/.package-lock.json
 * @param {{ dev: boolean }} options - whether development packages are needed too
 */
export function isInstalled(wanted, present, { dev }) {
  if (present === undefined) return false;
  return Object.entries(wanted.packages).every(([path, { version, ...kind }]) => {
    if (path === "" || kind.link) return true;
    const found = present.packages[path];
    // What is for another platform is never installed, and what is for development need not be.
    if (found === undefined) return kind.optional || kind.devOptional || kind.peer || (kind.dev && !dev);
    return found.version === version;
  });
}

/**
 * Runs `npm ci` if packages are missing or of other versions than package-lock.json's.
 *
 * @param {URL} root - the package's folder
 * @param {{ dev: boolean }} options - see {@link isInstalled}
 */
export async function ensureInstalled(root, options) {
  const wanted = readJson(new URL("package-lock.json", root));
  const present = readJson(new URL("node_modules/.package-lock.json", root));
  if (wanted === undefined || isInstalled(wanted, present, options)) return;
  const args = ["ci", "--no-audit", "--no-fund"];
  await runStep("Installing packages (npm ci)", "npm", options.dev ? [...args, "--include=dev"] : args, { cwd: root });
}

function readJson(url) {
  return existsSync(url) ? JSON.parse(readFileSync(url, "utf8")) : undefined;
}
