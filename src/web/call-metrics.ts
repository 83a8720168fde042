import { Counter, Histogram, type Registry } from "prom-client";
import type { TargetCall } from "../app/watched-provider.ts";

/** Counts what a process asks of targets, and how long that takes. */
export function callMetrics(registry: Registry): (call: TargetCall) => void {
  const calls = new Counter({
    name: "breakglass_target_calls_total",
    help: "What this process asked of targets, and what came of it",
    labelNames: ["target", "call", "outcome"],
    registers: [registry],
  });
  const seconds = new Histogram({
    name: "breakglass_target_call_seconds",
    help: "How long a target took to answer this process",
    labelNames: ["target", "call"],
    buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    registers: [registry],
  });
  return ({ target, call, ms, code }) => {
    calls.inc({ target, call, outcome: code ?? "fine" });
    seconds.observe({ target, call }, ms / 1_000);
  };
}
