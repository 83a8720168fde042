import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { percentile } from "../../bench/percentile.ts";
import { Random } from "./random.ts";
import { torture, type Tortured } from "./torture.ts";

const HELP = `npm run torture -- [--minutes 3] [--seed 1] [--processes 2]

Kills processes at every named point of their work while Redis, the target and Slack go wrong, and counts what was
lost, doubled, left standing or told wrongly. Prints what it found and writes docs/torture.md.

  npm run torture
  npm run torture -- --minutes 30 --seed 7`;

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "3" },
    seed: { type: "string", default: "1" },
    processes: { type: "string", default: "2" },
    help: { type: "boolean", short: "h", default: false },
  },
});

function positive(name: "minutes" | "seed" | "processes"): number {
  const value = Number(values[name]);
  if (value > 0 && Number.isFinite(value)) return value;
  console.error(`error: --${name} is a number above 0\nhint: npm run torture -- --help`);
  process.exit(2);
}

if (values.help) console.log(HELP);
else {
  const [minutes, seed, processes] = [positive("minutes"), positive("seed"), positive("processes")];
  const say = (line: string) => {
    console.error(line);
  };
  const found = await torture({
    random: new Random(seed),
    ms: minutes * 60_000,
    processes,
    passes: 8,
    outages: true,
    say,
  });
  const report = reportOf(found, { minutes, seed, processes });
  console.log(report);
  for (const detail of found.details) console.log(detail);
  await writeFile(join(import.meta.dirname, "../../docs/torture.md"), report);
  process.exitCode = Object.values(found.faults).every((count) => count === 0) ? 0 : 1;
}

function reportOf(found: Tortured, run: { minutes: number; seed: number; processes: number }): string {
  const { faults, latenessMs, kills, flushes, redisKills, outages, requests, entries, rounds } = found;
  const sorted = latenessMs.toSorted((one, other) => one - other);
  const late = (share: number) => `${percentile(sorted, share)} ms`;
  const rows = [
    ["lost entries", faults.lostEntries],
    ["doubled entries", faults.doubledEntries],
    ["grants without an entry", faults.unrecordedGrants],
    ["standing access", faults.standingAccess],
    ["orphans", faults.orphans],
    ["missing thread lines", faults.missingLines],
    ["doubled thread lines", faults.doubledLines],
    ["thread lines out of order", faults.misplacedLines],
  ];
  return `# Torture

\`npm run torture -- --minutes ${run.minutes} --seed ${run.seed} --processes ${run.processes}\`: bots and workers in one process each, with a mirror each, on one Redis (\`appendfsync always\`) and one target
behind a program, with a stand-in for Slack. People ask all the time, approve twice over, and every access lasts 1 to 3 seconds. Each process is killed with SIGKILL at a named point of its work (before and after each append,
mirror write, flush, call of the target, call of chat), again and again. Meanwhile Redis is flushed, killed and frozen, the target fails, hangs and half succeeds, Slack is away or loses answers.

| | |
|---|---|
| rounds | ${rounds} |
| processes killed | ${kills} |
| Redis flushed | ${flushes} |
| Redis killed | ${redisKills} |
| outages of Redis, target and Slack | ${outages} |
| requests | ${requests} |
| entries in the ledger | ${entries} |

| what should be 0 | |
|---|---|
${rows.map(([name, count]) => `| ${name} | ${count} |`).join("\n")}

How late access ended, from its moment until that was checked at the target, all troubles included: p50 ${late(0.5)}, p99 ${late(0.99)}, worst ${late(1)}.
`;
}
