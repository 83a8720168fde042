import { readFileSync } from "node:fs";

/**
 * Why this Node can't run us, in a sentence; undefined when it can.
 *
 * @param {string} version - `v20.12.0`
 * @param {string} range - package.json's `engines.node`, of the form `>=20.12`
 */
export function nodeProblem(version, range) {
  const [major, minor] = version.replace("v", "").split(".").map(Number);
  const [leastMajor, leastMinor = 0] = range.replace(">=", "").split(".").map(Number);
  if (major > leastMajor || (major === leastMajor && minor >= leastMinor)) return undefined;
  return `Node ${version} is too old: ${leastMajor}.${leastMinor} or newer is needed. Get it from https://nodejs.org/.`;
}

/**
 * Ends the program with a clear sentence on a Node that is too old.
 *
 * @param {URL} root - the package's folder
 */
export function requireNode(root) {
  const { engines } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  const problem = nodeProblem(process.version, engines.node);
  if (problem === undefined) return;
  console.error(problem);
  process.exit(1);
}
