import { ERASED, type DomainEvent, type EventData } from "./events.ts";
import type { RequestState } from "./request.ts";
import type { Kind } from "./sql/classify.ts";
import { statementNote } from "./tally.ts";
import { counted, list, type Span, type Text } from "./text.ts";

type Digest = Extract<DomainEvent, { type: "CommandsObserved" }>;

const LABELS: Readonly<Partial<Record<Kind, string>>> = {
  privilege: "on privileges",
  transaction: "of transaction control",
};
const CHANGES: readonly Kind[] = ["INSERT", "UPDATE", "DELETE", "MERGE", "COPY"];
const NAMED_TABLES = 3;
const BY: Readonly<Record<EventData<"CommandsObserved">["by"], string>> = {
  gateway: "",
  log: " By the server's own log, as far as it goes.",
  sample: " Seen by looking now and then: what was short is not among them.",
};

/** What was run, as the thread tells it: counts, and below them what is of interest, each in full as far as there is room. */
export function narrateObserved({ data, notes }: Digest, { requester }: RequestState): Text {
  const ran = data.kinds.filter(({ count }) => count > 0).map(kindText);
  const after = data.kinds.filter(({ count, rows }) => count === 0 && rows !== undefined).map(kindText);
  const head: Text =
    data.statements === 0
      ? ["What ", { person: requester }, ` ran before has ended${after.length === 0 ? "" : `: ${list(after, "and")}`}.`]
      : [
          { person: requester },
          ` ran ${counted(data.statements, "statement")}: ${ran.join(", ") || "nothing that can be read"}.`,
        ];
  const failed = data.errors === 0 ? "" : ` ${data.errors} failed.`;
  const running = data.running === 0 ? "" : ` ${data.running === 1 ? "1 still runs" : `${data.running} still run`}.`;
  const more = data.more === 0 ? [] : [`\nand ${data.more} more, in the recording`];
  return [
    ...head,
    `${failed}${running}${BY[data.by]}`,
    ...data.shown.flatMap((each, index) => shownLine(each, notes?.[statementNote(index + 1)])),
    ...more,
  ];
}

/** `1 UPDATE of 97 rows in orders` */
function kindText({ kind, count, rows, tables }: EventData<"CommandsObserved">["kinds"][number]): string {
  const what = `${count === 0 ? "" : `${count} `}${LABELS[kind] ?? kind}`;
  const isChange = CHANGES.includes(kind);
  const many = isChange && rows !== undefined ? ` of ${counted(rows, "row")}` : "";
  const named = tables.length > NAMED_TABLES ? [...tables.slice(0, NAMED_TABLES - 1), "others"] : tables;
  return `${what}${many}${isChange && named.length > 0 ? ` in ${list(named, "and")}` : ""}`;
}

function shownLine(shown: EventData<"CommandsObserved">["shown"][number], text = ERASED): Span[] {
  return ["\n", { code: text }, outcome(shown)];
}

function outcome({ rows, error }: EventData<"CommandsObserved">["shown"][number]): string {
  // A session that ended first has no word of the target's for it.
  if (error === "") return "  cut off";
  if (error !== undefined) return `  refused (${error})`;
  return rows === undefined ? "" : `  ${counted(rows, "row")}`;
}
