import { writeFile } from "node:fs/promises";
import { svg, type Series } from "./svg-plot.ts";

/** Draws `docs/cost.svg`: what something costs by how long the ledger is. */
export async function costPlot(series: readonly Series[]): Promise<void> {
  const text = svg({
    ...{ title: "Cost against the length of the ledger", x: "entries in the ledger", y: "milliseconds, median" },
    ...{ series, logX: true, ticksX: [1_000, 10_000, 100_000, 1_000_000] },
  });
  await writeFile("docs/cost.svg", text);
}

/** Draws `docs/lateness.svg`: which share of revokes came by how many milliseconds after the deadline. */
export async function latenessPlot(
  samples: readonly { readonly name: string; readonly late: readonly number[] }[],
): Promise<void> {
  const series = samples.map(({ name, late }) => {
    const sorted = [...late].sort((one, other) => one - other);
    const points = Array.from({ length: 101 }, (_, percent) => {
      const at = Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100));
      return { x: Math.max(1, sorted[at] ?? 1), y: percent };
    });
    return { name, points };
  });
  const text = svg({
    ...{ title: "How late the target is asked to revoke", x: "milliseconds after the deadline", y: "% of revokes" },
    ...{ series, logX: true, ticksX: [1, 10, 100, 1_000] },
  });
  await writeFile("docs/lateness.svg", text);
}
