import { drawLegend, type Columns } from "./columns.ts";
import { gapOf, MARGIN, picture, rect, text, WIDTH } from "./svg.ts";
import { widthOf } from "./text-width.ts";

/** What lies: a row for each name, which may be long and so has a line of its own above its bars. */
export interface Rows {
  readonly title: string;
  readonly subtitle: string;
  readonly parts: Columns["parts"];
  /** Whether the parts lie one behind the other, or each below the one before. */
  readonly stacked: boolean;
  readonly rows: readonly {
    readonly label: string;
    readonly values: readonly number[];
    /** What stands at the end of the bars: of all of them where they are stacked, else of each. */
    readonly says: readonly string[];
  }[];
  /** What stands below, where not everything is shown. */
  readonly more?: string | undefined;
}

const TOP = 112;
const LABEL = 14;
const SMALL = 13;
const BAR = 13;
const GAP = 8;

/** Draws rows, each as long as its numbers are to the longest. */
export function drawRows({ title, subtitle, parts, stacked, rows, more }: Rows): string {
  const lines = stacked ? 1 : parts.length;
  const each = 20 + lines * (BAR + 3) + 9;
  const room =
    WIDTH - 2 * MARGIN - GAP - Math.max(0, ...rows.flatMap(({ says }) => says.map((said) => widthOf(said, SMALL))));
  const lengthOf = (values: readonly number[]) =>
    stacked ? values.reduce((sum, value) => sum + value, 0) : Math.max(0, ...values);
  const most = Math.max(1, ...rows.map(({ values }) => lengthOf(values)));
  const drawn = rows.flatMap(({ label, values, says }, nth) => {
    const y = TOP + nth * each;
    let x = MARGIN;
    const bars = values.flatMap((value, part) => {
      const from = stacked ? x : MARGIN;
      const length = (value / most) * room;
      x = from + length;
      const barY = y + 20 + (stacked ? 0 : part * (BAR + 3));
      const end = stacked ? [] : [text(says[part] ?? "", { x: x + GAP, y: barY + BAR - 2, size: SMALL })];
      const drawnLength = stacked ? length - gapOf(length) : length;
      return [rect(from, barY, drawnLength, BAR, parts[part]?.colour ?? ""), ...end];
    });
    const end = stacked ? [text(says[0] ?? "", { x: x + GAP, y: y + 20 + BAR - 2, size: SMALL })] : [];
    return [text(label, { x: MARGIN, y: y + 13, size: LABEL, width: WIDTH - 2 * MARGIN }), ...bars, ...end];
  });
  const bottom = TOP + rows.length * each;
  const rest =
    more === undefined ? [] : [text(more, { x: MARGIN, y: bottom + 12, size: LABEL, width: WIDTH - 2 * MARGIN })];
  return picture(title, subtitle, bottom + (more === undefined ? 12 : 32), [
    ...drawLegend(parts, 92),
    ...drawn,
    ...rest,
  ]);
}
