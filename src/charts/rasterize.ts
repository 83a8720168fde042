import { fileURLToPath } from "node:url";
import { CodedError } from "../errors.ts";
import { palettePng } from "./palette-png.ts";

/** Teams shows pictures of 1024 by 1024 at most. */
const PIXELS = 1_024;

/** The files of our own font; looked for when there is something to draw, because a program in one file has them nowhere. */
export function fontFiles(): string[] {
  const names = ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"];
  return names.map((name) => fileURLToPath(import.meta.resolve(`dejavu-fonts-ttf/ttf/${name}`)));
}

/**
 * A picture as PNG, with a font of our own: a server may have none. Names of targets and roles are plain letters, which it has.
 *
 * @throws `PICTURE_FAILED` where this machine can't draw
 */
export async function rasterize(svg: string): Promise<Uint8Array> {
  try {
    // Its native part is loaded when there is something to draw: where it can't be, everything else works.
    const { renderAsync } = await import("@resvg/resvg-js");
    const font = { fontFiles: fontFiles(), loadSystemFonts: false, defaultFontFamily: "DejaVu Sans" };
    const image = await renderAsync(svg, { fitTo: { mode: "width", value: PIXELS }, font });
    return await palettePng(image.pixels, image.width, image.height);
  } catch (cause) {
    throw new CodedError("PICTURE_FAILED", "No pictures can be drawn on this machine.", {
      next: "Install the program's packages again on it: @resvg/resvg-js has a part of its own for each kind of machine.",
      cause,
    });
  }
}
