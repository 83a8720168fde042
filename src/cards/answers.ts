import { drillMark } from "../domain/drill.ts";
import { formatDuration, writeDuration } from "../domain/duration.ts";
import type { Offer } from "../domain/policy/offers.ts";
import { followUpText } from "../domain/narrate-review.ts";
import type { RequestState } from "../domain/request.ts";
import { counted, list, type Text } from "../domain/text.ts";
import { MARKS } from "./card.ts";
import { phaseText, toneOf } from "./request-facts.ts";

/** One request in one line: `🟢 BG-7K3M2Q · Alice Ng · writer on orders-db · until 03:27`. */
export function requestLine(state: RequestState): Text {
  return [
    `${MARKS[toneOf(state)]} ${drillMark(state)}${state.id} · `,
    { person: state.requester },
    ` · ${state.role} on ${state.target} · `,
    ...phaseText(state),
    ...ranText(state),
  ];
}

/** How much was run so far, where that is seen. */
function ranText({ phase, observed, anomalies }: RequestState): Text {
  if (observed === undefined || (phase !== "active" && phase !== "ending")) return [];
  const told = anomalies.filter(({ level }) => level !== "informational").length;
  return [` · ${counted(observed.statements, "statement")} ran${told === 0 ? "" : `, ${told} unusual`}`];
}

/** Somebody's own open requests, and what waits for their vote or their review. */
export function statusAnswer({
  mine,
  toDecide,
  toReview,
}: {
  readonly mine: readonly RequestState[];
  readonly toDecide: readonly RequestState[];
  readonly toReview: readonly RequestState[];
}): Text[] {
  const own = mine.length === 0 ? [["You have no open request."]] : [["Yours:"], ...mine.map(requestLine)];
  const votes: Text[] = toDecide.length === 0 ? [] : [["Waiting for your vote:"], ...toDecide.map(requestLine)];
  const reviews: Text[] = toReview.length === 0 ? [] : [["Waiting for your review:"], ...toReview.map(requestLine)];
  return [...own, ...votes, ...reviews];
}

/** What was agreed on in reviews and is not done, and the reviews that are due. */
export function followUpsAnswer(reviews: readonly RequestState[]): Text[] {
  const due = reviews.filter(({ review }) => review !== undefined && review.submitted === undefined);
  const open = reviews.flatMap(({ id, review }) =>
    (review?.followUps ?? []).flatMap((each): Text[] =>
      each.doneAt === undefined ? [[`${id} ${each.nth}: `, ...followUpText(each)]] : [],
    ),
  );
  const waiting = due.map(({ id, review, target }): Text => {
    const who: Text = review?.reviewer === undefined ? ["nobody yet"] : [{ person: review.reviewer }];
    return [`${id} (${target}): review by `, ...who, ", due ", { time: review?.dueAt ?? 0, day: true }];
  });
  return [
    ...(open.length === 0 ? [["No follow-up is open."]] : [["To be done:"], ...open]),
    ...(waiting.length === 0 ? [] : [["To be reviewed:"], ...waiting]),
  ];
}

/** Everything that is open, and what the asker may ask for. */
export function listAnswer(open: readonly RequestState[], offers: readonly Offer[]): Text[] {
  const requests: Text[] = open.length === 0 ? [["Nothing is open."]] : [["Open now:"], ...open.map(requestLine)];
  if (offers.length === 0) return [...requests, ["The policy lets you ask for nothing."]];
  const lines = offers.map(({ target, role, title, defaultMs, maxMs }): Text => [
    { code: `/breakglass ${target} ${role}` },
    ` ${title}: ${formatDuration(defaultMs)}, at most ${formatDuration(maxMs)}`,
  ]);
  return [...requests, ["You may ask for:"], ...lines];
}

/** Who has access to a target now, and who may approve what. */
export function whoAnswer(found: {
  readonly target: string;
  readonly title: string;
  readonly access: readonly RequestState[];
  readonly roles: readonly {
    readonly role: string;
    readonly automatic: { readonly budget: boolean; readonly facts: boolean } | undefined;
    readonly quorum: number;
    readonly approvers: readonly string[];
  }[];
}): Text[] {
  const access: Text[] =
    found.access.length === 0
      ? [[`Nobody has access to ${found.title} through here now.`]]
      : [[`On ${found.title} now:`], ...found.access.map(requestLine)];
  const roles = found.roles.map(({ role, automatic, quorum, approvers }): Text => {
    if (approvers.length === 0)
      return [
        automatic !== undefined
          ? `${role} is approved by policy${whileText(automatic)}.`
          : `${role} can be approved by nobody just now: its groups are empty, or could not be read. Try again in a minute.`,
      ];
    return [
      automatic !== undefined
        ? `${role} is approved by policy${whileText(automatic)}, and else takes ${quorum} of `
        : `${role} takes ${quorum} of `,
      ...approvers.flatMap((person, index) => (index === 0 ? [{ person }] : [", ", { person }])),
    ];
  });
  return [...access, ...roles];
}

/** What policy's approving by itself hangs on. */
function whileText({ budget, facts }: { readonly budget: boolean; readonly facts: boolean }): string {
  if (facts) return ` while its facts hold${budget ? ", within its budget" : ""}`;
  return budget ? " within its budget" : "";
}

/** How to use the command, with an example of the asker's own. */
export function helpAnswer(offers: readonly Offer[]): Text[] {
  const [offer] = offers;
  const example =
    offer === undefined
      ? "orders-db writer 15m INC-42 orders stuck"
      : `${offer.target} ${offer.role} ${writeDuration(offer.defaultMs)} INC-42 what is broken`;
  const commands: [string, string][] = [
    ["/breakglass", "opens a form"],
    [`/breakglass ${example}`, "asks in one line: target, role, how long, why"],
    ["/breakglass status", "your requests, and those that wait for your vote or review"],
    ["/breakglass home", "the same with buttons, and what you may ask for, in one place"],
    ["/breakglass list", "what is open, and what you may ask for"],
    [
      "/breakglass open BG-7K3M2Q",
      "your credential, where the direct message with the button didn't come; rotate makes a fresh one",
    ],
    ["/breakglass break-glass BG-7K3M2Q", "goes ahead alone, once nobody answered and policy allows it"],
    ["/breakglass end", "ends your access now, or withdraws your request"],
    ["/breakglass revoke BG-7K3M2Q why", "ends somebody's access, for its approvers"],
    ["/breakglass review BG-7K3M2Q", "says afterwards whether it was right"],
    [`/breakglass drill ${offer?.target ?? "orders-db"}`, "rehearses the whole path; nobody is handed access"],
    ["/breakglass followups", "what reviews asked for and is not done"],
    ["/breakglass insights", "how access was used, and what would make it needed less"],
    ["/breakglass key", "your security keys; key add enrols one"],
    [`/breakglass who ${offer?.target ?? "orders-db"}`, "who has access, and who may approve"],
  ];
  return commands.map(([command, what]): Text => [{ code: command }, ` ${what}`]);
}

/** Several requests where one was meant. */
export function whichAnswer(mine: readonly RequestState[]): string {
  return `You have ${mine.length} open requests: ${list(
    mine.map(({ id, target }) => `${id} (${target})`),
    "and",
  )}.`;
}
