import type { DomainEvent } from "./events.ts";
import type { Text } from "./text.ts";

/**
 * What happened to the program itself, for the security channel.
 *
 * @returns the sentences; undefined for what isn't told there
 */
export function narrateProgram(event: DomainEvent): Text | undefined {
  switch (event.type) {
    case "LedgerRecovered": {
      const { from, to, cause } = event.data;
      const entries = from === to ? `entry ${from} was` : `entries ${from} to ${to} were`;
      return [
        `The ledger's Redis ${cause === "emptied" ? "was emptied" : "lost what came last"}: ${entries} written again from a mirror. `,
        "Nothing was granted meanwhile, and access that is on keeps its deadline. Find out why Redis lost them.",
      ];
    }
    case "LedgerForked":
      return [
        { mention: { everyone: true } },
        ` 🔴 Redis and a mirror of the ledger disagree from entry ${event.data.seq} on: one of the two was rewritten, or grew from an old copy. `,
        "Nothing is granted until a person has looked (LEDGER_FORK); access that is on ends by itself.",
      ];
    default:
      return undefined;
  }
}
