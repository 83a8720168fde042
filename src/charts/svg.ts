import { plainLine } from "../domain/text.ts";
import { fitted } from "./text-width.ts";

/** A picture's width; what is drawn in it knows its own height. In the picture's own units, of which a letter is about 14 high. */
export const WIDTH = 640;
export const MARGIN = 28;
/** How large the letters below a title are. */
export const SUBTITLE = 14;

/**
 * Colours that people who see colours differently tell apart (Okabe and Ito; the blue darker, for it is next to the green, and whoever
 * doesn't see blue tells those two apart by their lightness), on a card of its own: a picture looks the same in light
 * and in dark chats.
 */
export const COLOURS = {
  paper: "#ffffff",
  edge: "#d0d7de",
  ink: "#1f2328",
  soft: "#57606a",
  grid: "#e4e7eb",
  blue: "#00407a",
  green: "#009e73",
  orange: "#d55e00",
  grey: "#8c959f",
} as const;

export interface TextStyle {
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly colour?: string;
  readonly bold?: true;
  readonly anchor?: "start" | "middle" | "end";
  /** It is cut to fit into so much. */
  readonly width?: number;
}

/** A line of text. What people named stands in it as text, whatever it looks like. */
export function text(
  said: string,
  { x, y, size, colour = COLOURS.ink, bold, anchor = "start", width }: TextStyle,
): string {
  const shown = width === undefined ? plainLine(said) : fitted(plainLine(said), size, width);
  const weight = bold === true ? ' font-weight="bold"' : "";
  return `<text x="${at(x)}" y="${at(y)}" font-size="${size}" fill="${colour}" text-anchor="${anchor}"${weight}>${escaped(shown)}</text>`;
}

export function rect(x: number, y: number, width: number, height: number, colour: string): string {
  return `<rect x="${at(x)}" y="${at(y)}" width="${at(Math.max(0, width))}" height="${at(Math.max(0, height))}" fill="${colour}"/>`;
}

/** Beside its neighbour with a gap between, however alike they look to somebody; none where nothing of it would be left. */
export function gapOf(length: number): number {
  return length > 4 ? 1.5 : 0;
}

export function line(x1: number, y1: number, x2: number, y2: number, colour: string): string {
  return `<path d="M${at(x1)} ${at(y1)}L${at(x2)} ${at(y2)}" stroke="${colour}" stroke-width="1" fill="none"/>`;
}

/** A whole picture: the card, its title, and what is on it. */
export function picture(title: string, subtitle: string, height: number, parts: readonly string[]): string {
  const inner = WIDTH - 2 * MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="DejaVu Sans">`,
    `<rect x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="8" fill="${COLOURS.paper}" stroke="${COLOURS.edge}"/>`,
    text(title, { x: MARGIN, y: 40, size: 20, bold: true, width: inner }),
    text(subtitle, { x: MARGIN, y: 62, size: SUBTITLE, colour: COLOURS.soft, width: inner }),
    ...parts,
    "</svg>",
  ].join("\n");
}

function at(value: number): string {
  return String(Math.round(value * 10) / 10);
}

const ESCAPES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

function escaped(said: string): string {
  return said.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? "");
}
