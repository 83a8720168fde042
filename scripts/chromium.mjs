import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { run } from "./run.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/**
 * On a CI machine that is Debian and ours, installs the browser that the page tests need. Without one they skip themselves.
 *
 * @param {Record<string, string | undefined>} env
 */
export async function ensureChromium(env) {
  const folders = (env.PATH ?? "").split(delimiter);
  if (folders.some((folder) => NAMES.some((name) => existsSync(join(folder, name))))) return;
  if (env.CI !== "true" || process.getuid?.() !== 0 || !existsSync("/etc/debian_version")) return;
  console.error("Installing chromium for the page tests (apt-get) ...");
  const options = { env: { ...env, DEBIAN_FRONTEND: "noninteractive" }, stdio: ["ignore", "ignore", "inherit"] };
  const install = ["install", "-y", "--no-install-recommends", "chromium"];
  const failed = (await run("apt-get", ["update"], options)) || (await run("apt-get", install, options));
  if (failed) console.error("chromium could not be installed; the page tests skip themselves.");
}
