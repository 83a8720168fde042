import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

/** The first has no window to draw, and takes a quarter less of a processor's time for the same pages. */
const NAMES = ["chromium-headless-shell", "chromium", "google-chrome", "google-chrome-stable"];
/** Of Debian. */
const PACKAGES = ["chromium-headless-shell", "chromium"];

/**
 * Finds the browser that the page tests need. On a CI machine that is Debian and ours, installs one; without one they skip themselves.
 *
 * @param {Record<string, string | undefined>} env
 * @returns {Promise<string | undefined>} its path
 */
export async function ensureChromium(env) {
  const found = onPath(env);
  if (found !== undefined) return found;
  if (env.CI !== "true" || process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return undefined;
  console.error("Installing chromium for the page tests (apt-get) ...");
  const options = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" }, stdio: ["ignore", "ignore", "inherit"] };
  await run("apt-get", ["update"], options);
  for (const name of PACKAGES) {
    await run("apt-get", ["install", "-y", "--no-install-recommends", name], options);
    const installed = onPath(env);
    if (installed !== undefined) return installed;
  }
  console.error("chromium could not be installed; the page tests skip themselves.");
  return undefined;
}

function onPath(env) {
  const folders = (env.PATH ?? "").split(delimiter);
  const paths = NAMES.flatMap((name) => folders.map((folder) => join(folder, name)));
  return paths.find((path) => existsSync(path));
}
