import { formatDuration } from "./duration.ts";
import { ERASED, type DomainEvent, type EventData } from "./events.ts";
import { actorSpan } from "./narrate.ts";
import { ended, list, type Span, type Text } from "./text.ts";

function burntText({ account, person, request }: EventData<"AccountBurnt">): Text {
  const who: Text =
    person === undefined
      ? ["it was opened"]
      : [
          { person },
          ` was handed its password${request === undefined ? "" : ` (${request})`}, and knows it until it is another one`,
        ];
  return [
    "The sealed account ",
    { code: account },
    " is burnt: ",
    ...who,
    ". Nobody can check it out until then. ",
    ...rotateText(account),
  ];
}

function openedText({ data, notes }: Extract<DomainEvent, { type: "OfflineOpened" }>): Text {
  const { account, openedAt, shares } = data;
  return [
    "The sealed account ",
    { code: account },
    " was opened offline ",
    { time: openedAt, day: true },
    ` with the shares ${list(shares.map(String), "and")}, by `,
    { said: notes?.["who"] ?? ERASED },
    `: "`,
    { said: notes?.["why"] ?? ERASED },
    `". It is burnt: nobody can check it out until it was rotated. `,
    ...rotateText(account),
  ];
}

function rotateText(account: string): Text {
  return ["Give the target a new password, and on the server: ", { code: `breakglass vault rotate ${account}` }];
}

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
    case "DrillAnnounced": {
      const { target, role, dueAt } = event.data;
      return [
        `A drill of ${role} on ${target} comes ${dueAt > event.at ? "" : "now; it was due "}`,
        { time: dueAt, day: true },
        ". Every line of it says DRILL, and nobody is handed access.",
      ];
    }
    case "DrillMissed": {
      const { target, role, dueAt, code = "", problem } = event.data;
      return [
        { mention: { everyone: true } },
        ` 🔴 DRILL · The drill of ${role} on ${target} was due `,
        { time: dueAt, day: true },
        ...(problem === undefined
          ? [", and did not run: did a worker?"]
          : [`, and can't be begun (${code}): `, { said: ended(problem) }]),
        " It runs as soon as it can.",
      ];
    }
    case "TargetCheckFailed": {
      const { target, problems } = event.data;
      return [
        `🔴 ${target} does not pass its check, so access to it may not be given or ended: `,
        { said: problems.map(ended).join(" ") },
      ];
    }
    case "TargetCheckPassed":
      return [`${event.data.target} passes its check again.`];
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
    case "AccountSealed": {
      const { account, generation, how } = event.data;
      const by: Text = how === "command" ? ["Its rotate command"] : [actorSpan(event.actor)];
      return [
        ...by,
        ` sealed a ${how === "put" ? "" : "new "}secret of `,
        { code: account },
        ` (generation ${generation}).`,
      ];
    }
    case "AccountBurnt":
      return [{ mention: { everyone: true } }, " 🔴 ", ...burntText(event.data)];
    case "AccountsExported": {
      const { shares, threshold, accounts } = event.data;
      const names = list(
        accounts.map(({ account }) => account),
        "and",
      );
      return [
        actorSpan(event.actor),
        ` exported ${names} for the day when nothing runs: any ${threshold} of ${shares} shares open it.`,
      ];
    }
    case "OfflineOpened":
      return [{ mention: { everyone: true } }, " 🔴 ", ...openedText(event)];
    case "RotationReminded": {
      const { account, burntAt } = event.data;
      return [
        { mention: { everyone: true } },
        " 🔴 ",
        { code: account },
        ` is burnt for ${formatDuration(event.at - burntAt)}, and nobody has rotated it. `,
        ...rotateText(account),
      ];
    }
    default:
      return undefined;
  }
}
