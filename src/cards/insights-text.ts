import { formatDuration, formatLateness } from "../domain/duration.ts";
import type { Insights, RoleFigures } from "../domain/insights/insights.ts";
import { dayText, daysOf } from "../domain/insights/window.ts";
import { counted, list, type Span, type Text } from "../domain/text.ts";

const ROLES_SHOWN = 8;
const PEOPLE_SHOWN = 8;
const PROPOSALS_SHOWN = 8;
const NIGHT = { from: 22, to: 6 };

/**
 * How access was used, in words.
 *
 * @param title - of what time, `October 2026`; where there is none, the days are named
 */
export function insightsText(insights: Insights, title?: string): Text[] {
  const { target, timeZone, from, requests } = insights;
  const when = title ?? `the last ${counted(daysOf(insights), "day")}, since ${dayText(from, timeZone)}`;
  const heading: Text = [{ strong: `Break-glass access to ${target ?? "all targets"}: ${when}` }];
  const rest = [...followUpsLine(insights), ...section("What would make it needed less", proposalLines(insights))];
  if (requests === 0) return [heading, ["Nobody asked for any."], ...rest];
  return [
    heading,
    waysLine(insights),
    ...approvalLine(insights),
    ...timeLines(insights),
    ...hoursLine(insights),
    ...section("Most used", roleLines(insights)),
    ...section("By whom", peopleLine(insights)),
    ...rest,
  ];
}

function waysLine({ requests, uses, ways, outcomes }: Insights): Text {
  const how = [
    ways.automatic > 0 ? `${shareOf(ways.automatic, uses)} automatic` : "",
    ways.approved > 0 ? `${shareOf(ways.approved, uses)} approved by people` : "",
    ways.emergency > 0 ? `${shareOf(ways.emergency, uses)} in an emergency` : "",
  ].filter((each) => each !== "");
  const others = (["denied", "lapsed", "withdrawn"] as const)
    .filter((each) => outcomes[each] > 0)
    .map((each) => `${outcomes[each]} ${each}`);
  const isOpen = outcomes.open > 0 ? ` ${outcomes.open} still open.` : "";
  return [
    `${counted(requests, "request")}, and access ${uses === 1 ? "once" : `${uses} times`}${how.length === 0 ? "" : `: ${list(how, "and")}`}.`,
    others.length === 0 ? "" : ` ${sentence(list(others, "and"))}`,
    isOpen,
  ];
}

function approvalLine({ approval }: Insights): Text[] {
  if (approval === undefined) return [];
  const { count, median, p90 } = approval;
  return [
    [
      count === 1
        ? `The one approval took ${formatDuration(median)}.`
        : `Half of ${count} approvals came within ${formatDuration(median)}, and 9 of 10 within ${formatDuration(p90)}.`,
    ],
  ];
}

function timeLines({ over, grantedMs, usedMs, neverUsed, lateness }: Insights): Text[] {
  if (over === 0) return [];
  const never =
    neverUsed === 0
      ? over === 1
        ? "It was used."
        : "Each was used."
      : `${neverUsed} of ${over} ${neverUsed === 1 ? "was" : "were"} never used.`;
  const used = `Of ${formatDuration(roundMinutes(grantedMs))} that were granted, ${formatDuration(roundMinutes(usedMs))} were used (${percent(usedMs, grantedMs)}).`;
  const late =
    lateness === undefined
      ? ""
      : lateness.count === 1
        ? `Access was gone ${formatLateness(lateness.max)} after its end.`
        : `Access was gone within ${formatLateness(lateness.median)} of its end in half of all cases, within ${formatLateness(lateness.p90)} in 9 of 10, and ${formatLateness(lateness.max)} late at worst.`;
  return [[`${used} ${never}`], ...(late === "" ? [] : [[late]])];
}

function hoursLine({ hours, uses, timeZone }: Insights): Text[] {
  if (uses === 0) return [];
  const most = Math.max(...hours);
  const busiest = hours.indexOf(most);
  const atNight = hours.reduce((sum, count, hour) => (hour >= NIGHT.from || hour < NIGHT.to ? sum + count : sum), 0);
  return [
    [
      `The busiest hour begins at ${clock(busiest)} with ${most}; ${percent(atNight, uses)} came at night, ${clock(NIGHT.from)} to ${clock(NIGHT.to)} (${timeZone}).`,
    ],
  ];
}

function roleLines({ roles }: Insights): Text[] {
  const shown = roles.slice(0, ROLES_SHOWN).map(roleLine);
  const left = roles.length - shown.length;
  return left === 0 ? shown : [...shown, [`… and ${counted(left, "more role")}.`]];
}

function roleLine({ target, role, requests, uses, ways, granted, used, neverUsed }: RoleFigures): Text {
  const parts = [
    uses === requests ? counted(uses, "use") : `${counted(uses, "use")} of ${counted(requests, "request")}`,
    ways.emergency > 0 ? `${ways.emergency} in an emergency` : "",
    granted !== undefined && used !== undefined
      ? `granted ${formatDuration(granted.median)}, used ${formatDuration(used.median)} at the median`
      : "",
    neverUsed > 0 ? `${neverUsed} never used` : "",
  ].filter((each) => each !== "");
  return [{ code: `${target} ${role}` }, ` ${parts.join(" · ")}`];
}

function peopleLine({ people }: Insights): Text[] {
  const using = people.filter(({ uses }) => uses > 0);
  const shown = using.slice(0, PEOPLE_SHOWN);
  if (shown.length === 0) return [];
  const left = using.length - shown.length;
  const names = shown.flatMap(({ person, uses }, index): Span[] => [index === 0 ? "" : ", ", { person }, ` ${uses}`]);
  return [[...names, left === 0 ? "." : `, and ${counted(left, "other", "others")}.`]];
}

function followUpsLine({ followUps: { open, overdue } }: Insights): Text[] {
  if (open === 0) return [];
  const late =
    overdue === 0
      ? ""
      : `, ${open === 1 ? "" : overdue === open ? "all " : `${overdue} of them `}past ${overdue === 1 ? "its" : "their"} day`;
  return [[`${counted(open, "follow-up")} from reviews ${open === 1 ? "is" : "are"} open${late}.`]];
}

function proposalLines({ proposals }: Insights): Text[] {
  const shown = proposals.slice(0, PROPOSALS_SHOWN).map(({ text }): Text => ["• ", ...text]);
  const left = proposals.length - shown.length;
  return left === 0
    ? shown
    : [...shown, [`… and ${counted(left, "more proposal")}: ask about one target to see its own.`]];
}

function section(title: string, lines: readonly Text[]): Text[] {
  return lines.length === 0 ? [] : [[{ strong: title }], ...lines];
}

/** `12 (40 %)` */
function shareOf(part: number, whole: number): string {
  return `${part} (${percent(part, whole)})`;
}

function percent(part: number, whole: number): string {
  return `${whole === 0 ? 0 : Math.round((part * 100) / whole)} %`;
}

function clock(hour: number): string {
  return `${String(hour).padStart(2, "0")}:00`;
}

/** Hours of access need no seconds. */
function roundMinutes(ms: number): number {
  return ms < 600_000 ? ms : Math.round(ms / 60_000) * 60_000;
}

function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
