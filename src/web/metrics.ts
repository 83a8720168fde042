import type { Express } from "express";
import { collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { RequestState } from "../domain/request.ts";
import { oneLook } from "./one-look.ts";

export interface MetricsOptions {
  /** Every open request. */
  readonly open: () => Promise<readonly RequestState[]>;
  readonly overdue: (state: RequestState) => boolean;
  /** How many entries the ledger has. */
  readonly entries: () => Promise<number>;
}

/** `/metrics` for Prometheus: what can be told from the ledger at the moment of the scrape. */
export function metricsRoute(web: Express, { open, overdue, entries }: MetricsOptions): void {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, prefix: "breakglass_" });
  const requests = new Gauge({
    name: "breakglass_open_requests",
    help: "Open requests by phase",
    labelNames: ["phase"],
    registers: [registry],
  });
  const late = new Gauge({
    name: "breakglass_overdue_grants",
    help: "Grants past their deadline whose end is not yet checked",
    registers: [registry],
  });
  const ledger = new Gauge({ name: "breakglass_ledger_entries", help: "Entries in the ledger", registers: [registry] });

  const look = oneLook(async () => {
    const states = await open();
    requests.reset();
    for (const { phase } of states) requests.inc({ phase });
    late.set(states.filter(overdue).length);
    ledger.set(await entries());
    return await registry.metrics();
  });
  web.get("/metrics", async (_request, response) => {
    const text = await look();
    response.type(registry.contentType).send(text);
  });
}
