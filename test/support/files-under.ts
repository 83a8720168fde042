import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** Every file under a folder, by its path in it. */
export async function filesUnder(dir: string): Promise<Record<string, Buffer>> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  const paths = entries.filter((one) => one.isFile()).map((one) => join(one.parentPath, one.name));
  return Object.fromEntries(
    await Promise.all(paths.map(async (path) => [path.slice(dir.length + 1), await readFile(path)] as const)),
  );
}
