import type { Figure } from "../app/figures.ts";
import { FIGURES, type FigureName } from "../domain/figures.ts";
import type { Sample, Series } from "./exposition.ts";

/** The ledger's figures as metrics; also those that nothing was counted of yet, as nothing where they have no label. */
export function figureSeries(figures: readonly Figure[]): Series[] {
  return (Object.keys(FIGURES) as FigureName[]).map((name) => {
    const own = figures.filter((figure) => figure.name === name);
    const { help, kind, labels } = FIGURES[name];
    return {
      name,
      help,
      kind,
      samples: labels.length === 0 && own.length === 0 ? [{ value: 0 }] : samplesOf(name, own),
    };
  });
}

function samplesOf(name: FigureName, figures: readonly Figure[]): Sample[] {
  const definition = FIGURES[name];
  if (!("buckets" in definition))
    return figures.map(({ labels, value }) => ({ labels: labelsOf(name, labels), value }));
  const byLabels = new Map<string, Figure[]>();
  for (const figure of figures) {
    const of = JSON.stringify(figure.labels);
    byLabels.set(of, [...(byLabels.get(of) ?? []), figure]);
  }
  return [...byLabels.values()].flatMap((parts) => {
    const labels = labelsOf(name, parts[0]?.labels ?? []);
    const sum = parts.find(({ part }) => part === "sum")?.value ?? 0;
    let below = 0;
    const buckets = [...definition.buckets, Infinity].map((limit, nth): Sample => {
      below += parts.find(({ part }) => part === nth)?.value ?? 0;
      const le = limit === Infinity ? "+Inf" : String(limit);
      return { suffix: "_bucket", labels: { ...labels, le }, value: below };
    });
    return [...buckets, { suffix: "_sum", labels, value: sum }, { suffix: "_count", labels, value: below }];
  });
}

function labelsOf(name: FigureName, values: readonly string[]): Record<string, string> {
  return Object.fromEntries(FIGURES[name].labels.map((label, nth) => [label, values[nth] ?? ""]));
}
