import type { Stage } from "./stage.ts";

/** How many entries the ledger has, as `/metrics` tells. */
export async function entries(stage: Stage): Promise<number> {
  const metrics = await (await fetch(`${stage.bot.url}/metrics`)).text();
  return Number(/^breakglass_ledger_entries (\d+)$/m.exec(metrics)?.[1] ?? Number.NaN);
}
