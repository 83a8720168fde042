/**
 * Node's arguments that run a file of the sources in a process of its own, compiled as this one is: beforehand in the whole gate,
 * by tsx where a few test files run.
 *
 * @param path - of the `.ts` file
 */
export function sourceArguments(path: string): string[] {
  return import.meta.filename.endsWith(".ts")
    ? ["--import", import.meta.resolve("tsx"), path]
    : [path.replace(/\.ts$/, ".js")];
}
