/** What a thread that verifies runs, compiled as this file is: see `sourceArguments`. */
export function threadScript(): URL {
  return import.meta.url.endsWith(".ts")
    ? new URL("./part-thread.mjs", import.meta.url)
    : new URL("../../src/ledger/part-thread.js", import.meta.url);
}
