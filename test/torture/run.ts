import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { bundleChild } from "./bundle-child.ts";
import { Random } from "./random.ts";
import { reportOf, together } from "./report.ts";
import { torture, type Tortured } from "./torture.ts";

const HELP = `npm run torture -- [--minutes 3] [--seed 1] [--worlds 3] [--processes 2]

Kills processes at every named point of their work while Redis, the target and Slack go wrong, and counts what was
lost, doubled, left standing or told wrongly. Prints what it found and writes docs/torture.md. Ctrl-C ends it early.

  npm run torture
  npm run torture -- --minutes 30 --seed 7`;

/** A world is looked through and left after so long: what it has to keep would only slow the next kill. */
const WORLD_MS = 240_000;
const ROUND_MS = 60_000;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    worlds: { type: "string", default: "3" },
    processes: { type: "string", default: "2" },
    help: { type: "boolean", short: "h", default: false },
  },
});

function positive(name: "minutes" | "seed" | "worlds" | "processes"): number {
  const value = Number(values[name]);
  if (value > 0 && Number.isFinite(value)) return value;
  console.error(`error: --${name} is a number above 0\nhint: npm run torture -- --help`);
  process.exit(2);
}

const stopping = new AbortController();
process.once("SIGINT", () => {
  stopping.abort();
});

/** One world after the other, until the time is up. */
async function worlds(program: string, name: string, random: Random, until: number): Promise<Tortured[]> {
  const results: Tortured[] = [];
  const processes = positive("processes");
  for (let nth = 1; Date.now() < until && !stopping.signal.aborted; nth += 1) {
    const ms = Math.min(WORLD_MS, Math.max(1_000, until - Date.now()));
    const say = (line: string) => {
      console.error(`${new Date().toISOString()} ${name}.${nth}, ${line}`);
    };
    const options = { program, random: random.of(nth), processes, passes: 3, longestMs: 1_500, pauseMs: 100 };
    try {
      const { signal } = stopping;
      const result = await torture({ ...options, ms, roundMs: ROUND_MS, outages: true, signal, say });
      for (const detail of result.details) say(detail);
      results.push(result);
    } catch (error) {
      // A world that fell over by itself says nothing of the program.
      console.error(`${name}.${nth} came to nothing`, error);
    }
  }
  return results;
}

if (values.help) console.log(HELP);
else {
  const run = {
    ...{ minutes: positive("minutes"), seed: positive("seed") },
    ...{ worlds: positive("worlds"), processes: positive("processes") },
  };
  const dir = await mkdtemp(join(tmpdir(), "bg-torture-program-"));
  try {
    const program = await bundleChild(dir);
    const until = Date.now() + run.minutes * 60_000;
    const random = new Random(run.seed);
    const names = Array.from({ length: run.worlds }, (_, index) => `world ${index + 1}`);
    const results = await Promise.all(names.map((name) => worlds(program, name, random.of(name), until)));
    const found = together(results.flat());
    const report = reportOf(found, run);
    console.log(report);
    for (const detail of found.details) console.log(detail);
    await writeFile(join(import.meta.dirname, "../../docs/torture.md"), report);
    process.exitCode = Object.values(found.faults).every((count) => count === 0) ? 0 : 1;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
