import type { CommandTarget } from "../support/command-target.ts";

/** How often it is looked who has access. */
const PERIOD_MS = 500;

/**
 * Watches at the target itself, whatever the ledger says, how long access stands after its deadline.
 *
 * @returns what ends it, and gives the longest that was seen, in milliseconds
 */
export function watchStanding(target: CommandTarget): () => number {
  const deadlines = new Map<string, number>();
  let worstMs = 0;
  const look = async (): Promise<void> => {
    const names = await target.granted();
    if (names.some((name) => !deadlines.has(name)))
      for (const { action, name = "", deadline = "" } of await target.calls())
        if (action === "grant") deadlines.set(name, Date.parse(deadline));
    for (const name of names) worstMs = Math.max(worstMs, Date.now() - (deadlines.get(name) ?? 0));
  };
  // A folder that is being written to may be read half: the next look sees the rest.
  const looking = setInterval(() => void look().catch(() => undefined), PERIOD_MS);
  return () => {
    clearInterval(looking);
    return worstMs;
  };
}
