import { COLOURS, gapOf, line, MARGIN, picture, rect, text, WIDTH } from "./svg.ts";
import { widthOf } from "./text-width.ts";

/** What stands upright: a column for each label, of one part or of several. */
export interface Columns {
  readonly title: string;
  readonly subtitle: string;
  readonly parts: readonly { readonly name: string; readonly colour: string }[];
  readonly columns: readonly { readonly label: string; readonly values: readonly number[] }[];
}

const [TOP, PLOT, BOTTOM] = [96, 200, 44];
const AXIS = 40;
const LABEL = 13;
const GAP = 6;

/** Draws columns with their numbers on them, where there is room for those. */
export function drawColumns({ title, subtitle, parts, columns }: Columns): string {
  const top = TOP + (parts.length > 1 ? 22 : 0);
  const totals = columns.map(({ values }) => values.reduce((sum, value) => sum + value, 0));
  const most = niceTop(Math.max(1, ...totals));
  const left = MARGIN + AXIS;
  const step = (WIDTH - MARGIN - left) / columns.length;
  const wide = Math.min(46, step * 0.72);
  const atY = (value: number) => top + PLOT - (value / most) * PLOT;
  const grid = ticks(most).flatMap((value) => [
    line(left, atY(value), WIDTH - MARGIN, atY(value), COLOURS.grid),
    text(String(value), { x: left - 8, y: atY(value) + 5, size: LABEL, colour: COLOURS.soft, anchor: "end" }),
  ]);
  const isNumbered = totals.every((total) => widthOf(String(total), LABEL) <= step - 2);
  const every = Math.ceil((Math.max(...columns.map(({ label }) => widthOf(label, LABEL))) + GAP) / step);
  const drawn = columns.flatMap(({ label, values }, nth) => {
    const middle = left + (nth + 0.5) * step;
    const total = totals[nth] ?? 0;
    let below = 0;
    const bars = values.map((value, part) => {
      const from = below;
      below += value;
      const high = atY(from) - atY(below);
      return rect(
        middle - wide / 2,
        atY(below),
        wide,
        high - (from > 0 ? gapOf(high) : 0),
        parts[part]?.colour ?? COLOURS.ink,
      );
    });
    const number =
      isNumbered && total > 0
        ? [text(String(total), { x: middle, y: atY(total) - 5, size: LABEL, anchor: "middle" })]
        : [];
    const isLabelled = nth % every === 0 && middle + widthOf(label, LABEL) / 2 <= WIDTH - 2;
    const named = isLabelled
      ? [text(label, { x: middle, y: top + PLOT + 20, size: LABEL, colour: COLOURS.soft, anchor: "middle" })]
      : [];
    return [...bars, ...number, ...named];
  });
  const legend = parts.length > 1 ? drawLegend(parts, 92) : [];
  return picture(title, subtitle, top + PLOT + BOTTOM, [...legend, ...grid, ...drawn]);
}

/** What the colours mean, in one line. */
export function drawLegend(parts: Columns["parts"], y: number): string[] {
  let x = MARGIN;
  return parts.flatMap(({ name, colour }) => {
    const from = x;
    x += 20 + widthOf(name, LABEL) + 18;
    return [rect(from, y - 11, 13, 13, colour), text(name, { x: from + 20, y, size: LABEL })];
  });
}

/** The next of 1, 2, 5, 10, 20, 50, … above, so that ticks are whole numbers. */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return (
    [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10]
      .map((factor) => factor * power)
      .find((top) => Number.isInteger(top) && top >= value * 1.05) ?? 20 * power
  );
}

function ticks(most: number): number[] {
  const step =
    [1, 2, 5]
      .flatMap((factor) => [1, 10, 100, 1_000, 10_000, 100_000].map((power) => factor * power))
      .sort((one, other) => one - other)
      .find((each) => most / each <= 5) ?? most;
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, nth) => nth * step);
}
