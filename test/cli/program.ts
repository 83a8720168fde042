import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { sourceArguments } from "../support/source-arguments.ts";

const ROOT = join(import.meta.dirname, "../..");

/** Node's arguments that run the command line: as it was built, if that is up to date, for it starts faster. */
export async function programArguments(): Promise<string[]> {
  const url = pathToFileURL(join(ROOT, "scripts/build.mjs")).href;
  const { isBuilt } = (await import(url)) as { isBuilt: (root: URL) => boolean };
  if (isBuilt(pathToFileURL(`${ROOT}/`))) return [join(ROOT, "dist/cli/breakglass.js")];
  return sourceArguments(join(ROOT, "src/cli/breakglass.ts"));
}

/**
 * Puts the command `breakglass` into a folder, for a shell's `PATH`.
 *
 * @param dir - made if missing
 * @returns the folder
 */
export async function programOf(dir: string): Promise<string> {
  const quoted = [process.execPath, ...(await programArguments())].map((part) => `'${part}'`).join(" ");
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, "breakglass"), `#!/bin/sh\nexec ${quoted} "$@"\n`, { mode: 0o755 });
  return dir;
}
