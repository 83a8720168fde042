import type { DomainEvent } from "./events.ts";
import { ended, type Span, type Text } from "./text.ts";

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
    case "OrphanFound": {
      const { target, handle } = event.data;
      return [
        "🔴 ",
        { code: handle.name },
        ` stands at ${target}, and no live request explains it${handle.request === undefined ? "" : ` (its mark says ${handle.request})`}. It is taken away.`,
      ];
    }
    case "OrphanRevokeFailed": {
      const { target, handle, code, problem, commands } = event.data;
      return [
        { mention: { everyone: true } },
        " 🔴 ",
        { code: handle.name },
        ` at ${target} could not be taken away (${code}): `,
        { said: ended(problem) },
        " Trying again each minute. By hand:",
        ...commands.flatMap((line): Span[] => ["\n", { code: line }]),
      ];
    }
    case "OrphanRevoked": {
      const { target, handle, done } = event.data;
      return [
        { code: handle.name },
        ` at ${target} is gone, and that was checked${done.length === 0 ? "" : `: ${done.join(", ")}`}.`,
      ];
    }
    case "LedgerForked":
      return [
        { mention: { everyone: true } },
        ` 🔴 Redis and a mirror of the ledger disagree from entry ${event.data.seq} on: one of the two was rewritten, or grew from an old copy. `,
        "Nothing is granted until a person has looked (LEDGER_FORK); access that is on ends by itself.",
      ];
    case "LedgerKeyChanged":
      return [
        "Another key signs the ledger's checkpoints from now on: ",
        { code: event.data.to },
        ". Whoever checks them needs it.",
      ];
    default:
      return undefined;
  }
}
