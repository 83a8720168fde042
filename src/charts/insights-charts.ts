import { formatDuration, formatLateness } from "../domain/duration.ts";
import type { Distribution } from "../domain/insights/distribution.ts";
import type { Insights, RoleFigures } from "../domain/insights/insights.ts";
import { WAYS, type Way } from "../domain/insights/use.ts";
import { counted } from "../domain/text.ts";
import { drawColumns } from "./columns.ts";
import { drawRows } from "./rows.ts";
import { COLOURS, MARGIN, SUBTITLE, WIDTH } from "./svg.ts";
import { fitted } from "./text-width.ts";

/** A picture of insights, as SVG. Its name is that of a file, without an end. */
export interface Chart {
  /** Of a file. */
  readonly name: string;
  readonly title: string;
  /** What is to be seen, for whoever can't see it. */
  readonly says: string;
  readonly svg: string;
}

const ROWS_SHOWN = 10;
/** Of those with two bars. */
const PAIRS_SHOWN = 8;
const WAY_COLOURS: Readonly<Record<Way, string>> = {
  automatic: COLOURS.green,
  approved: COLOURS.blue,
  emergency: COLOURS.orange,
};
const WAY_NAMES: Readonly<Record<Way, string>> = {
  automatic: "automatic",
  approved: "approved by people",
  emergency: "in an emergency",
};

/** Up to a bound, in milliseconds; the last has none. */
const APPROVAL_STEPS: readonly (readonly [string, number])[] = [
  ["to 1 min", 60_000],
  ["to 2", 120_000],
  ["to 5", 300_000],
  ["to 10", 600_000],
  ["to 30", 1_800_000],
  ["longer", Infinity],
];
const LATE_STEPS: readonly (readonly [string, number])[] = [
  ["to 0.1 s", 100],
  ["to 1 s", 1_000],
  ["to 10 s", 10_000],
  ["to 1 min", 60_000],
  ["to 5 min", 300_000],
  ["longer", Infinity],
];

/** Draws what there is to be seen: nothing of what there is none of. */
export function insightsCharts(insights: Insights): Chart[] {
  if (insights.uses === 0) return [];
  const { approval, lateness, over } = insights;
  return [
    overTime(insights),
    byRole(insights),
    byHour(insights),
    ...(approval === undefined ? [] : [approvalTimes(insights, approval)]),
    ...(over === 0 ? [] : [usedOfGranted(insights)]),
    ...(lateness === undefined ? [] : [latenessOf(insights, lateness)]),
  ];
}

function ofWhat({ target }: Insights): string {
  return target ?? "all targets";
}

function overTime(insights: Insights): Chart {
  const title = "Uses over time";
  const { columns, columnDays, ways, timeZone, uses } = insights;
  const day = new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "short" });
  const every =
    columnDays === 1 ? "by day" : columnDays === 7 ? "by week, named by its first day" : `every ${columnDays} days`;
  const used = WAYS.filter((way) => ways[way] > 0);
  const says = `${counted(uses, "use")} of ${ofWhat(insights)}, ${every}`;
  const svg = drawColumns({
    ...{ title, subtitle: says },
    parts: partsOf(used, ways),
    columns: columns.map((each) => ({ label: day.format(each.from), values: used.map((way) => each.ways[way]) })),
  });
  return { name: "uses-over-time", title, says, svg };
}

function partsOf(used: readonly Way[], ways: Insights["ways"]) {
  return used.map((way) => ({ name: `${WAY_NAMES[way]}: ${ways[way]}`, colour: WAY_COLOURS[way] }));
}

function byRole(insights: Insights): Chart {
  const title = "Uses by target and role";
  const { ways } = insights;
  const all = insights.roles.filter(({ uses }) => uses > 0);
  const used = WAYS.filter((way) => ways[way] > 0);
  const says = `${counted(all.length, "role")} of ${ofWhat(insights)}, the most used first`;
  const svg = drawRows({
    ...{ title, subtitle: says, stacked: true, more: leftOut(all, ROWS_SHOWN) },
    parts: partsOf(used, ways),
    rows: all.slice(0, ROWS_SHOWN).map((role) => ({
      label: nameOf(role),
      values: used.map((way) => role.ways[way]),
      says: [String(role.uses)],
    })),
  });
  return { name: "uses-by-role", title, says, svg };
}

function byHour(insights: Insights): Chart {
  const title = "Uses by hour of day";
  const { hours, timeZone } = insights;
  const says = `when access to ${ofWhat(insights)} was asked for, ${timeZone}`;
  const svg = drawColumns({
    ...{ title, subtitle: says },
    parts: [{ name: "uses", colour: COLOURS.blue }],
    columns: hours.map((count, hour) => ({ label: String(hour).padStart(2, "0"), values: [count] })),
  });
  return { name: "uses-by-hour", title, says, svg };
}

function approvalTimes({ waitedMs }: Insights, { count, median, p90 }: Distribution): Chart {
  const title = "How long an approval took";
  const brief =
    count === 1
      ? `within ${formatDuration(median)}`
      : `half within ${formatDuration(median)}, 9 of 10 within ${formatDuration(p90)}`;
  const says = `${counted(count, "approval")} by people: ${brief}`;
  const svg = drawColumns({
    ...{ title, subtitle: firstToFit(says, brief) },
    parts: [{ name: "approvals", colour: COLOURS.blue }],
    columns: steps(waitedMs, APPROVAL_STEPS),
  });
  return { name: "approval-times", title, says, svg };
}

function latenessOf({ lateMs }: Insights, { count, median, p90, max }: Distribution): Chart {
  const title = "How long access outlived its end";
  const most = `half within ${formatLateness(median)}, 9 of 10 within ${formatLateness(p90)}`;
  const brief = count === 1 ? formatLateness(max) : `${most}, worst ${formatLateness(max)}`;
  const says = `${counted(count, "end")}: ${brief}`;
  const svg = drawColumns({
    ...{ title, subtitle: firstToFit(says, brief, most) },
    parts: [{ name: "ends", colour: COLOURS.blue }],
    columns: steps(lateMs, LATE_STEPS),
  });
  return { name: "lateness", title, says, svg };
}

function usedOfGranted(insights: Insights): Chart {
  const title = "Granted and used";
  const all = insights.roles.filter(({ over }) => over > 0);
  const says = `medians for each role of ${ofWhat(insights)}`;
  const svg = drawRows({
    ...{ title, subtitle: says, stacked: false, more: leftOut(all, PAIRS_SHOWN) },
    parts: [
      { name: "granted", colour: COLOURS.grey },
      { name: "used", colour: COLOURS.blue },
    ],
    rows: all.slice(0, PAIRS_SHOWN).map((role) => {
      const { granted, used, neverUsed, over } = role;
      const never = neverUsed === 0 ? "" : `, ${neverUsed} of ${over} never used`;
      return {
        label: nameOf(role),
        values: [granted?.median ?? 0, used?.median ?? 0],
        says: [formatDuration(granted?.median ?? 0), `${formatDuration(rounded(used?.median ?? 0))}${never}`],
      };
    }),
  });
  return { name: "granted-and-used", title, says, svg };
}

/** A number that is cut off is another number. */
function firstToFit(...says: readonly [string, ...string[]]): string {
  return says.find((each) => fitted(each, SUBTITLE, WIDTH - 2 * MARGIN) === each) ?? says[0];
}

function steps(values: readonly number[], bounds: readonly (readonly [string, number])[]) {
  return bounds.map(([label, bound], nth) => {
    const above = bounds[nth - 1]?.[1] ?? -Infinity;
    return { label, values: [values.filter((value) => value > above && value <= bound).length] };
  });
}

function leftOut(all: readonly RoleFigures[], shown: number): string | undefined {
  const left = all.slice(shown);
  if (left.length === 0) return undefined;
  const uses = left.reduce((sum, each) => sum + each.uses, 0);
  return `… and ${counted(left.length, "more role")} with ${counted(uses, "use")}`;
}

function nameOf({ target, role }: RoleFigures): string {
  return `${target} ${role}`;
}

/** Minutes of access need no seconds. */
function rounded(ms: number): number {
  return ms < 600_000 ? ms : Math.round(ms / 60_000) * 60_000;
}
