import type { Express } from "express";
import { collectDefaultMetrics, Registry } from "prom-client";
import { exposition, type Series } from "./exposition.ts";
import { oneLook } from "./one-look.ts";

/** Somewhere that metrics come from at the moment of a scrape. It may be away. */
export type Source = () => Promise<readonly Series[]>;

export interface MetricsOptions {
  /** What this process counts by itself. */
  readonly registry: Registry;
  /** By name. One that is away is missed alone, and said to be. */
  readonly sources: Readonly<Record<string, Source>>;
}

/** What a process counts by itself; begins with what Node and the system tell. */
export function processRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "breakglass_" });
  return registry;
}

/** `/metrics` for Prometheus. docs/metrics.md says what each of them is, and whose. */
export function metricsRoute(web: Express, { registry, sources }: MetricsOptions): void {
  const names = Object.keys(sources);
  const look = oneLook(async () => {
    const found = await Promise.all(
      Object.values(sources).map(async (source) => await source().catch(() => undefined)),
    );
    const readable: Series = {
      name: "breakglass_source_readable",
      help: "Whether this process could read what some of its metrics come from; without, they are missing",
      kind: "gauge",
      samples: names.map((source, nth) => ({ labels: { source }, value: found[nth] === undefined ? 0 : 1 })),
    };
    return `${await registry.metrics()}\n${exposition([readable, ...found.flatMap((series) => series ?? [])])}`;
  });
  web.get("/metrics", async (_request, response) => {
    const text = await look();
    response.type(registry.contentType).send(text);
  });
}
