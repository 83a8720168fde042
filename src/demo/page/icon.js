const SVG = "http://www.w3.org/2000/svg";

/** Outlines on a 20 by 20 grid. */
const PATHS = {
  hash: "M8 3 6.5 17M13.5 3 12 17M3.5 7.5h14M2.5 12.5h14",
  lock: "M5 9h10v8H5zM7 9V6.5a3 3 0 0 1 6 0V9",
  menu: "M3 5.5h14M3 10h14M3 14.5h14",
  close: "M5 5l10 10M15 5 5 15",
  send: "M3 10 17 3.5 12.5 17 10 11.5zM10 11.5 17 3.5",
  reply: "M3 4h14v9H9l-4 3.5V13H3z",
  console: "M2.5 3.5h15v13h-15zM5.5 7l3 3-3 3M10.5 13h4",
  copy: "M7 7h10v10H7zM13 7V3H3v10h4",
  check: "M4 10.5l4 4 8-9",
  eye: "M1.5 10S4.5 4.5 10 4.5 18.5 10 18.5 10 15.5 15.5 10 15.5 1.5 10 1.5 10zM10 12.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4z",
  file: "M5 2.5h7l3.5 3.5v11.5H5zM12 2.5V6h3.5",
  home: "M3 9.5 10 3l7 6.5M5 8v9h10V8M8.5 17v-5h3v5",
  mark: "M10 1.8 17 4.5v5.2c0 4.1-2.8 7-7 8.5-4.2-1.5-7-4.4-7-8.5V4.5zM11.5 5 7.5 10.5h4L9 15.5",
};

/**
 * A small drawing beside a word; it says nothing by itself.
 *
 * @param {keyof typeof PATHS} name
 * @returns {SVGSVGElement}
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}
