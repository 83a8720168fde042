// Runs a bundled program with what V8 compiled of it before, which halves what a start costs.
//   node load-cached.cjs child.cjs …
const { existsSync, readFileSync, renameSync, writeFileSync } = require("node:fs");
const { createRequire, wrap } = require("node:module");
const { dirname } = require("node:path");
const { Script } = require("node:vm");

/** By then it serves, and what that takes is compiled. */
const WARM_MS = 2_000;

const [, , filename] = process.argv;
const cache = `${filename}.cache`;
const cachedData = existsSync(cache) ? readFileSync(cache) : undefined;
const script = new Script(wrap(readFileSync(filename, "utf8")), { filename, cachedData });
const made = { exports: {} };
script.runInThisContext()(made.exports, createRequire(filename), made, filename, dirname(filename));
if (cachedData === undefined) {
  setTimeout(() => {
    const own = `${cache}.${process.pid}`;
    writeFileSync(own, script.createCachedData());
    renameSync(own, cache);
  }, WARM_MS);
}
