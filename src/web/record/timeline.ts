import type { RecordFacts } from "../../app/record-facts.ts";
import { formatDuration, formatLateness } from "../../domain/duration.ts";
import { html, type Html } from "../html.ts";
import type { Moment } from "./moments.ts";
import { dayOf, timeScale, type TimeScale } from "./time-scale.ts";

const WIDTH = 960;
const PLOT = { left: 118, right: 938 } as const;
const MARKS_Y = 18;
const ROWS_Y = 66;
const ROW = 38;
const BAR = 20;
/** As far apart numbers stand at least: the circle around one is 20 wide. */
const APART = 25;
/** The width of a letter beside a bar. */
const LETTER = 6.9;
/** What is shorter can't be seen. */
const THINNEST = 3;

interface Bar {
  readonly row: string;
  readonly from: number;
  readonly to: number;
  readonly look: "waiting" | "on" | "ending" | "review";
  readonly says: string;
  /** Whether it goes on: nothing that was recorded ends it. */
  readonly isOpen: boolean;
}

/**
 * A request drawn as a picture over time: who waited, when access stood, how it ended and was reviewed, in real proportions. Each part has
 * a hatching of its own, so that it reads without colour; the numbers stand for the moments in the list beside it.
 */
export function timeline(facts: RecordFacts, moments: readonly Moment[]): Html {
  const bars = barsOf(facts);
  const ran = ranAt(facts);
  const rows = [...new Set([...bars.map(({ row }) => row)])];
  const withRuns = ran.length === 0 ? rows : insertAfter(rows, "Access", "Statements");
  const scale = scaleOf(facts, bars);
  const bottom = ROWS_Y + withRuns.length * ROW;
  const y = (row: string) => ROWS_Y + withRuns.indexOf(row) * ROW;
  const { deadline } = facts.state;
  const stood = facts.state.grant !== undefined;
  return html`<svg
    class="timeline"
    viewBox="0 0 ${WIDTH} ${bottom + 58}"
    role="img"
    aria-labelledby="timeline-title timeline-text"
  >
    <title id="timeline-title">${facts.id} over time</title>
    <desc id="timeline-text">${describe(bars, moments, ran.length)}</desc>
    <defs>
      <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path class="hatch-waiting" d="M0 0V7" />
      </pattern>
      <pattern id="cross" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <path class="hatch-ending" d="M0 0V5M0 0H5" />
      </pattern>
      <pattern id="dots" width="8" height="8" patternUnits="userSpaceOnUse">
        <circle class="hatch-review" cx="4" cy="4" r="1.5" />
      </pattern>
    </defs>
    ${withRuns.map((row) => html`<text class="row" x="0" y="${y(row) + 15}">${row}</text>`)}
    ${withRuns.map((row) => lane(y(row) + BAR + 8, scale))} ${axis(scale, bottom)} ${marks(moments, scale, bottom)}
    ${stood && deadline !== undefined ? deadlineMark(scale.x(deadline), deadline, bottom) : undefined}
    ${bars.map((bar) => drawn(bar, y(bar.row), scale))}
    ${ran.length === 0 ? undefined : runs(ran, y("Statements"), scale)}
  </svg>`;
}

function barsOf({ state, steps }: RecordFacts): Bar[] {
  const { openedAt, approvedAt, grant, ending, endedAt, review, phase } = state;
  const last = steps.at(-1)?.event?.at ?? openedAt;
  const on = steps.find(({ event }) => event?.type === "GrantSucceeded")?.event?.at;
  const decidedAt = approvedAt ?? endedAt;
  const bars: Bar[] = [];
  const add = (row: string, look: Bar["look"], from: number, to: number | undefined, words: string) => {
    const until = to ?? Math.max(last, from);
    const took = look === "ending" ? formatLateness(until - from) : formatDuration(until - from);
    const says = to === undefined ? `${words}; not over` : `${took}${words}`;
    bars.push({ row, look, from, to: until, says, isOpen: to === undefined });
  };
  const decision = state.emergency ? ", then alone" : decided(phase, approvedAt);
  const byPolicy = state.verdict.automatic !== undefined && approvedAt !== undefined;
  if (byPolicy)
    bars.push({ row: "Decision", look: "waiting", from: openedAt, to: approvedAt, says: "by policy", isOpen: false });
  else add("Decision", "waiting", openedAt, decidedAt, decidedAt === undefined ? "waits" : decision);
  if (on !== undefined) add("Access", "on", on, ending?.endAt ?? undefined, ending === undefined ? "is on" : "");
  if (ending !== undefined) {
    const gone = steps.findLast(({ event }) => event?.type === "RevokeSucceeded")?.event?.at;
    const from = Math.min(ending.endAt, gone ?? ending.endAt);
    const words = grant?.outcome === "failed" ? ", and nothing is left" : " until it was gone, and checked";
    add("Taking away", "ending", from, gone, gone === undefined ? "is being taken away" : words);
  }
  if (review !== undefined)
    add(
      "Review",
      "review",
      review.openedAt,
      review.submitted?.at,
      review.submitted ? " until reviewed" : "is waited for",
    );
  return bars;
}

function decided(phase: string, approvedAt: number | undefined): string {
  if (approvedAt !== undefined) return " until approved";
  return ["denied", "withdrawn", "lapsed"].includes(phase) ? `, then ${phase}` : "";
}

/** When something ran: each statement where they are known, else when it was told of some. */
function ranAt({ statements, steps }: RecordFacts): number[] {
  if (statements !== undefined) return statements.shown.map(({ at }) => at);
  return steps.flatMap(({ event }) => {
    if (event?.type !== "CommandsObserved") return [];
    return event.data.shown.length === 0 ? [event.data.from] : event.data.shown.map(({ at }) => at);
  });
}

function scaleOf({ state }: RecordFacts, bars: readonly Bar[]): TimeScale {
  const own = bars.filter(({ row }) => row !== "Review").flatMap(({ from, to }) => [from, to]);
  const deadline = state.grant === undefined ? [] : [state.deadline ?? state.openedAt];
  const late = bars.find(({ row }) => row === "Review")?.to;
  const span = { from: state.openedAt, to: Math.max(...own, ...deadline), late };
  return timeScale(span, PLOT);
}

function drawn({ look, from, to, says, isOpen }: Bar, y: number, { x, break: gap }: TimeScale): Html {
  const [start, end] = [x(from), Math.max(x(to), x(from) + THINNEST)];
  const width = says.length * LETTER + 8;
  const [at, anchor] =
    end + width <= PLOT.right
      ? [end + 7, "start"]
      : start - width >= PLOT.left
        ? [start - 7, "end"]
        : [Math.max(start + 7, PLOT.left), "start"];
  const isInside = at > start && at < end;
  // What stands across the break is cut there, as the axis is.
  const cutAt = gap !== undefined && start < gap.x && end > gap.x ? gap.x : undefined;
  return html`<g class="${look}">
    ${cutAt === undefined ? box(start, end, y) : html`${box(start, cutAt - 6, y)}${box(cutAt + 6, end, y)}`}
    ${isOpen ? html`<path class="open" d="M${round(end)} ${y}l9 ${BAR / 2}l-9 ${BAR / 2}" />` : undefined}
    <text
      class="${isInside ? "says inside" : "says"}"
      x="${round(isOpen && !isInside ? at + 8 : at)}"
      y="${y + 15}"
      text-anchor="${anchor}"
    >
      ${says}
    </text>
  </g>`;
}

function box(start: number, end: number, y: number): Html {
  return html`<rect x="${round(start)}" y="${y}" width="${round(Math.max(end - start, THINNEST))}" height="${BAR}" />`;
}

function lane(y: number, { break: gap }: TimeScale): Html {
  const line = (from: number, to: number) => html`<path class="lane" d="M${round(from)} ${y}H${round(to)}" />`;
  return gap === undefined
    ? line(PLOT.left, PLOT.right)
    : html`${line(PLOT.left, gap.x - 6)}${line(gap.x + 6, PLOT.right)}`;
}

function axis({ ticks, break: gap }: TimeScale, y: number): Html {
  return html`<g class="axis">
    ${ticks.map(
      ({ at, x, label, day }) =>
        html`<path d="M${round(x)} ${y}v6" /><text x="${round(x)}" y="${y + 20}" text-anchor="${anchorAt(x)}">
            ${label}
          </text>
          ${day ? html`<text class="day" x="${round(x)}" y="${y + 35}" text-anchor="${anchorAt(x)}">${dayOf(at)}</text>` : undefined}`,
    )}
    <path d="M${PLOT.left} ${y}H${gap === undefined ? PLOT.right : round(gap.x - 6)}" />
    ${
      gap === undefined
        ? undefined
        : html`<path
              d="M${round(gap.x + 6)} ${y}H${PLOT.right}M${round(gap.x - 10)} ${y + 8}l8 -16M${round(gap.x + 2)} ${y + 8}l8 -16"
            />
            <text x="${round(gap.x + 4)}" y="${y + 52}" text-anchor="start"
              >another scale: ${formatDuration(gap.ms)}</text
            >`
    }
    <text class="day" x="0" y="${y + 20}">UTC</text>
  </g>`;
}

function anchorAt(x: number): string {
  if (x > PLOT.right - 20) return "end";
  return x < PLOT.left + 20 ? "start" : "middle";
}

/** The numbers stand apart where their moments don't; a line leads from each to its own. */
function marks(moments: readonly Moment[], { x }: TimeScale, bottom: number): Html {
  const places = spread(moments.map(({ at }) => x(at)));
  return html`${moments.map(({ at, isAlarm }, index) => {
    const [true_, place] = [round(x(at)), round(places[index] ?? 0)];
    const shape = isAlarm
      ? html`<rect x="${place - 10}" y="${MARKS_Y - 10}" width="20" height="20" />`
      : html`<circle cx="${place}" cy="${MARKS_Y}" r="10" />`;
    return html`<g class="${isAlarm ? "mark alarm" : "mark"}">
      <path d="M${place} ${MARKS_Y + 10}L${true_} ${ROWS_Y - 14}V${bottom}" />
      ${shape}<text x="${place}" y="${MARKS_Y + 4}" text-anchor="middle">${index + 1}</text>
    </g>`;
  })}`;
}

/** Moves places apart, no further than it takes, and none out of the picture. @param wanted - in order */
export function spread(wanted: readonly number[]): number[] {
  const places: number[] = [];
  for (const place of wanted) places.push(Math.max(place, (places.at(-1) ?? -Infinity) + APART));
  for (let index = places.length - 1, most = PLOT.right + 10; index >= 0; index -= 1, most -= APART)
    places[index] = Math.min(places[index] ?? most, most);
  return places;
}

function deadlineMark(x: number, at: number, bottom: number): Html {
  const label = `deadline ${new Date(at).toISOString().slice(11, 19)}`;
  return html`<g class="deadline">
    <path d="M${round(x)} ${ROWS_Y - 8}V${bottom + 40}" />
    <text x="${round(x - 5)}" y="${bottom + 52}" text-anchor="${x < PLOT.left + 140 ? "start" : "end"}">${label}</text>
  </g>`;
}

/** A stroke where something ran; taller where much did. */
function runs(ran: readonly number[], y: number, { x }: TimeScale): Html {
  const counts = new Map<number, number>();
  for (const at of ran) {
    const place = Math.round(x(at));
    counts.set(place, (counts.get(place) ?? 0) + 1);
  }
  const strokes = [...counts].map(([place, count]) => {
    const height = Math.min(BAR + 4, 12 + 4 * Math.log2(count));
    return `M${place} ${y + BAR + 4}v-${round(height)}`;
  });
  return html`<path class="runs" d="${strokes.join("")}" />`;
}

function describe(bars: readonly Bar[], moments: readonly Moment[], ran: number): string {
  const parts = bars.map(({ row, says }) => `${row}: ${says.trim()}.`);
  const told = moments.map(
    ({ at, what }, index) => `${index + 1}, ${new Date(at).toISOString().slice(0, 19).replace("T", " ")} UTC: ${what}.`,
  );
  return [...parts, ...(ran === 0 ? [] : [`Statements: ${ran}.`]), ...told].join(" ");
}

function insertAfter(rows: readonly string[], row: string, added: string): string[] {
  const index = rows.indexOf(row);
  return index < 0 ? [...rows, added] : [...rows.slice(0, index + 1), added, ...rows.slice(index + 1)];
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
