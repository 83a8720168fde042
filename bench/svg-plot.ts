/** A line of a plot. */
export interface Series {
  readonly name: string;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

export interface Plot {
  readonly title: string;
  /** What the axes say. */
  readonly x: string;
  readonly y: string;
  readonly series: readonly Series[];
  /** Whether the horizontal axis counts powers of ten. */
  readonly logX: boolean;
  readonly ticksX: readonly number[];
}

const [WIDTH, HEIGHT] = [720, 400];
const [LEFT, RIGHT, TOP, BOTTOM] = [70, 44, 76, 60];
const TICKS_Y = 5;
/** Lines differ by their dashes too, not by colour alone. */
const DASHES = ["", "7 4", "2 3"];

const STYLE = `
  .paper { fill: #ffffff } text { font: 13px system-ui, sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 } .grid { stroke: #d0d7de } .line { fill: none; stroke-width: 2 }
  .s0 { stroke: #0969da } .s1 { stroke: #bc4c00 } .s2 { stroke: #1a7f37 }
  @media (prefers-color-scheme: dark) {
    .paper { fill: #0d1117 } text { fill: #e6edf3 } .grid { stroke: #30363d }
    .s0 { stroke: #58a6ff } .s1 { stroke: #f0883e } .s2 { stroke: #3fb950 }
  }`;

/** Draws lines over an axis as an SVG that reads in light and dark. */
export function svg({ title, x, y, series, logX, ticksX }: Plot): string {
  const points = series.flatMap((each) => each.points);
  const scale = (value: number): number => (logX ? Math.log10(value) : value);
  const [from, to] = [Math.min(...ticksX), Math.max(...ticksX, ...points.map((point) => point.x))].map(scale);
  const top = niceTop(Math.max(...points.map((point) => point.y)));
  const atX = (value: number): number =>
    LEFT + ((scale(value) - (from ?? 0)) / ((to ?? 1) - (from ?? 0))) * (WIDTH - LEFT - RIGHT);
  const atY = (value: number): number => HEIGHT - BOTTOM - (value / top) * (HEIGHT - TOP - BOTTOM);
  const rows = Array.from({ length: TICKS_Y + 1 }, (_, nth) => (top * nth) / TICKS_Y).map(
    (value) =>
      `<path class="grid" d="M${LEFT} ${at(atY(value))}H${WIDTH - RIGHT}"/>` +
      `<text x="${LEFT - 8}" y="${at(atY(value) + 4)}" text-anchor="end">${Number(value.toFixed(2))}</text>`,
  );
  const columns = ticksX.map(
    (value) =>
      `<path class="grid" d="M${at(atX(value))} ${TOP}V${HEIGHT - BOTTOM}"/>` +
      `<text x="${at(atX(value))}" y="${HEIGHT - BOTTOM + 20}" text-anchor="middle">${value.toLocaleString("en")}</text>`,
  );
  const lines = series.map(({ points: own }, nth) => {
    const path = own
      .map((point, index) => `${index === 0 ? "M" : "L"}${at(atX(point.x))} ${at(atY(point.y))}`)
      .join("");
    return `<path class="line s${nth}" stroke-dasharray="${DASHES[nth] ?? ""}" d="${path}"/>`;
  });
  const names = series.map(({ name }, nth) => {
    const left = LEFT + (nth * (WIDTH - LEFT - RIGHT)) / series.length;
    return (
      `<path class="line s${nth}" stroke-dasharray="${DASHES[nth] ?? ""}" d="M${at(left)} 54h28"/>` +
      `<text x="${at(left + 36)}" y="58">${name}</text>`
    );
  });
  const words = [
    `<text class="title" x="${LEFT}" y="30">${title}</text>`,
    `<text x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 14}" text-anchor="middle">${x}</text>`,
    `<text transform="translate(18 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)" text-anchor="middle">${y}</text>`,
  ];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}">`,
    `<style>${STYLE}\n</style>`,
    `<rect class="paper" width="${WIDTH}" height="${HEIGHT}" rx="8"/>`,
    ...[...rows, ...columns, ...lines, ...names, ...words],
    "</svg>\n",
  ].join("\n");
}

/** The next of 1, 2, 5, 10, 20, … */
function niceTop(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((factor) => factor * power >= value) ?? 10) * power;
}

function at(value: number): string {
  return value.toFixed(1);
}
