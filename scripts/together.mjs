import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";

/** Rooms whose tests hardly wait for anything: they are one room here. */
const QUICK = ["app", "cards", "charts", "docs", "domain"];
/** So many files of a room share a process: few where tests wait most of the time, so that more of them wait at once. */
const TOGETHER = new Map([
  ["e2e", 10],
  ["demo", 10],
  ["quick", 40],
]);
const TOGETHER_ELSE = 20;
/** Rooms with fewer share one among them. */
const FEW = 8;
/** What waits longest begins first, so that nothing is left alone at the end: what only computes fills the gaps. */
const FIRST = ["torture", "e2e", "cli", "model", "stepup", "demo", "gateway", "vault", "slack", "redis"];

/** One ends its process, whatever else is in it; one takes a minute, and one may by chance take half of that: neither waits for anything. */
const ALONE = ["test/e2e/cluster.test.js", "test/torture/minute.test.js", "test/model/model.test.js"];
/** A file that only calls tests of another one: whether any of them ran, a process of its own tells. */
const HAS_OWN = /\b(?:it|test)\(/;

/**
 * Lets test files of one room share a process: loading the program costs a second of a core, and a process for each file spent a
 * fifth of the gate on it. They run one after the other there, as they stand.
 *
 * @param {readonly string[]} files - from `cwd`, as `.js`
 * @param {string} cwd - the compiled copy, into which a file is written for each group
 * @returns {{ path: string, files: readonly string[] }[]} what to give to node's test runner, from `cwd`, and what is in it, in the order in which they begin
 */
export function together(files, cwd) {
  const sociable = files.filter((file) => !ALONE.includes(file) && HAS_OWN.test(readFileSync(join(cwd, file), "utf8")));
  const rooms = [...new Set(sociable.map(roomOf))].map((room) => sociable.filter((file) => roomOf(file) === room));
  const small = rooms.filter((room) => room.length < FEW).flat();
  const groups = [...rooms.filter((room) => room.length >= FEW), small].flatMap(chunksOf);
  groups.push(...files.filter((file) => !sociable.includes(file)).map((file) => [file]));
  groups.sort((one, other) => rank(one) - rank(other));
  mkdirSync(join(cwd, "test/together"), { recursive: true });
  return groups.map((own, index) => {
    // Node takes files in the order of their paths, whatever order they are given in.
    const path = join("test/together", `${String(index).padStart(3, "0")}.test.js`);
    const imports = own.map((file) => `import ${JSON.stringify(relative("test/together", file))};\n`);
    writeFileSync(join(cwd, path), imports.join(""));
    return { path, files: own };
  });
}

function roomOf(file) {
  const room = file.split("/")[1];
  return QUICK.includes(room) ? "quick" : room;
}

function chunksOf(files) {
  // Even ones: six files are three and three.
  const count = Math.ceil(files.length / (TOGETHER.get(roomOf(files[0] ?? "")) ?? TOGETHER_ELSE));
  return Array.from({ length: count }, (_, chunk) => files.filter((_file, index) => index % count === chunk));
}

function rank(files) {
  const at = FIRST.findIndex((room) => files.some((file) => roomOf(file) === room));
  return at === -1 ? FIRST.length : at;
}
