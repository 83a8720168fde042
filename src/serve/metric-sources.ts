import { CheckMemory } from "../app/check-memory.ts";
import { Figures } from "../app/figures.ts";
import { gauge, type Series } from "../web/exposition.ts";
import { figureSeries } from "../web/figure-series.ts";
import type { Source } from "../web/metrics.ts";
import { VERSION } from "../version.ts";
import { ageOfEntry } from "./age-of-entry.ts";
import { checkSeries } from "./check-series.ts";
import type { Foundation } from "./foundation.ts";
import type { Part } from "./start-worker.ts";

/** Where the metrics of a process come from: from itself, from its parts, and from the ledger, which all processes tell alike. */
export function metricSources(base: Foundation, parts: readonly Part[]): Record<string, Source> {
  const own = parts.flatMap(({ name, metrics }) => (metrics === undefined ? [] : [[name, metrics] as const]));
  return {
    process: () => Promise.resolve(ofProcess(parts)),
    figures: () => ofFigures(base),
    ledger: () => ofLedger(base),
    checks: () => ofChecks(base),
    ...Object.fromEntries(own),
  };
}

function ofProcess(parts: readonly Part[]): Series[] {
  return [
    gauge("breakglass_build_info", "Which version this process runs", 1, { version: VERSION, node: process.version }),
    {
      name: "breakglass_part_running",
      help: "The parts of the program that this process runs",
      kind: "gauge",
      samples: parts.map(({ name: part }) => ({ labels: { part }, value: 1 })),
    },
  ];
}

/** A counter that goes back looks to Prometheus as if all of it had happened just now: so they are missing until they are complete again. */
async function ofFigures({ redis, ledger, now }: Foundation): Promise<Series[]> {
  const [{ whole }, { figures, overdue, complete }] = await Promise.all([
    ledger.standing(),
    new Figures(redis).read(now()),
  ]);
  if (whole === undefined || !complete) throw new Error("the figures are not complete");
  return [
    ...figureSeries(figures),
    gauge("breakglass_overdue_grants", "Grants past their deadline whose end is not yet checked", overdue),
  ];
}

async function ofLedger({ redis, ledger, now }: Foundation): Promise<Series[]> {
  const [{ head, whole }, forkedAt, untold, counted] = await Promise.all([
    ledger.standing(),
    ledger.forkedAt(),
    ledger.untoldCount(),
    new Figures(redis).place(),
  ]);
  return [
    gauge("breakglass_ledger_entries", "Entries in the ledger", head.seq),
    gauge(
      "breakglass_figures_behind_entries",
      "Entries that the figures don't count yet",
      Math.max(0, head.seq - counted.seq),
    ),
    gauge(
      "breakglass_ledger_whole",
      "Whether a worker vouches for the ledger: without, nothing is recorded",
      whole === undefined ? 0 : 1,
    ),
    gauge(
      "breakglass_ledger_forked",
      "Whether a worker has another chain in its mirror: nothing is granted then",
      forkedAt === undefined ? 0 : 1,
    ),
    gauge("breakglass_chat_untold", "Requests with something that chat was not told yet", untold.count),
    gauge(
      "breakglass_chat_untold_seconds",
      "How long chat has been behind: the age of the oldest entry it was not told",
      await ageOfEntry(ledger, untold.oldest, now()),
    ),
  ];
}

async function ofChecks({ redis, policies, now }: Foundation): Promise<readonly Series[]> {
  return checkSeries(await new CheckMemory(redis).all(), Object.keys(policies.current.targets), now());
}
