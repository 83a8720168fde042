import { percentile } from "../../bench/percentile.ts";
import { CRASH_POINTS } from "./crash-points.ts";
import type { Faults } from "./audit.ts";
import type { Tortured } from "./torture.ts";

const FAULTS: Readonly<Record<keyof Faults, string>> = {
  lostEntries: "lost entries",
  doubledEntries: "doubled entries",
  unrecordedGrants: "grants without an entry",
  standingAccess: "standing access",
  orphans: "orphans",
  missingLines: "missing thread lines",
  doubledLines: "doubled thread lines",
  misplacedLines: "thread lines out of order",
};

/** The worlds of a run, as one. */
export function together(all: readonly Tortured[]): Tortured {
  const [first, ...others] = all;
  if (first === undefined) throw new Error("no world was tortured");
  return others.reduce((one, other) => {
    const kills = new Map(one.kills);
    for (const [point, count] of other.kills) kills.set(point, (kills.get(point) ?? 0) + count);
    const faults = { ...one.faults };
    for (const [what, count] of Object.entries(other.faults) as [keyof Faults, number][]) faults[what] += count;
    return {
      kills,
      faults,
      details: [...one.details, ...other.details],
      latenessMs: [...one.latenessMs, ...other.latenessMs],
      requests: one.requests + other.requests,
      entries: one.entries + other.entries,
      flushes: one.flushes + other.flushes,
      redisKills: one.redisKills + other.redisKills,
      cuts: one.cuts + other.cuts,
      others: one.others + other.others,
      rounds: one.rounds + other.rounds,
      uneasyRounds: one.uneasyRounds + other.uneasyRounds,
      longestCalmMs: Math.max(one.longestCalmMs, other.longestCalmMs),
      hungStarts: one.hungStarts + other.hungStarts,
      worstStandingMs: Math.max(one.worstStandingMs, other.worstStandingMs),
    };
  }, first);
}

/** What `docs/torture.md` says of a run. */
export function reportOf(
  found: Tortured,
  run: { minutes: number; seed: number; worlds: number; processes: number },
): string {
  const sorted = found.latenessMs.toSorted((one, other) => one - other);
  const late = (share: number) => `${percentile(sorted, share)} ms`;
  const atPoints = CRASH_POINTS.map((point) => found.kills.get(point) ?? 0);
  const rows: [string, string | number][] = [
    ["processes killed", [...found.kills.values()].reduce((total, each) => total + each, 0)],
    [`of these at each of the ${CRASH_POINTS.length} points`, `${Math.min(...atPoints)} to ${Math.max(...atPoints)}`],
    ["Redis flushed", found.flushes],
    ["Redis killed", found.redisKills],
    ["Redis's append-only file cut short", found.cuts],
    ["other outages of Redis, target and Slack", found.others],
    ["rounds", found.rounds],
    ["requests", found.requests],
    ["entries in the ledgers", found.entries],
  ];
  const faults = Object.entries(FAULTS) as [keyof Faults, string][];
  return `# Torture

\`npm run torture -- --minutes ${run.minutes} --seed ${run.seed} --worlds ${run.worlds} --processes ${run.processes}\`

In each world ${run.processes} processes, bot and worker in each and with a mirror each, stand on one Redis (\`appendfsync always\`), one target behind a program, and a stand-in for Slack. People ask all the time, approve twice over, and every
access lasts 1 to 3 seconds. Each process is killed with SIGKILL, again and again: before, during or after an append, a script of the ledger's recovery, a note of what was told, a write to the mirror, its flush to
disk, a checkpoint, a call of the target (grant, revoke, list), a call of chat; or at any moment. Meanwhile Redis is flushed, killed, frozen, and its append-only file cut short; the target fails, hangs and half succeeds; Slack is away,
says 429, or loses answers. After each round it is calm until everything is over and told; at the end the ledger, the mirrors, their checkpoints, the target and every channel are held against each other.

The seed says where each process dies, what goes wrong and who asks for what, in which order; how these fall together in time is the machine's. It takes as long as it is told.

| | |
|---|---|
${rows.map(([name, value]) => `| ${name} | ${value} |`).join("\n")}

| what should be 0 | |
|---|---|
${faults.map(([key, name]) => `| ${name} | ${found.faults[key]} |`).join("\n")}
| rounds that did not come to their end | ${found.uneasyRounds} |
| starts that hung | ${found.hungStarts} |

How late access ended, from its moment until that was checked at the target, all troubles included: p50 ${late(0.5)}, p99 ${late(0.99)}, worst ${late(1)}. Seen from the target alone, access stood at most ${(found.worstStandingMs / 1_000).toFixed(1)} s longer than it should have. After a round everything was over and told within ${(found.longestCalmMs / 1_000).toFixed(0)} s.
`;
}
