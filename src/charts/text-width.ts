/** How wide letters of DejaVu Sans are at most, as a share of its size: a little too much is a gap, too little an overlap. */
const WIDTHS: readonly (readonly [RegExp, number])[] = [
  [/[ijl|'!.,:;I]/u, 0.41],
  [/[ ftr()[\]{}/\\"-]/u, 0.46],
  [/[mwMW@%…—]/u, 1.02],
  [/[A-Z&]/u, 0.78],
  [
    /[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\u{1f000}-\u{3ffff}]/u,
    1.4,
  ],
  [/[\u0000-\u007f]/u, 0.66],
];
const OTHERS = 1.05;
const BOLD = 1.16;

/** How much room a text takes at most. @param size - of its letters, in the same unit as the answer */
export function widthOf(text: string, size: number, isBold = false): number {
  let width = 0;
  for (const letter of text) width += WIDTHS.find(([of]) => of.test(letter))?.[1] ?? OTHERS;
  return width * size * (isBold ? BOLD : 1);
}

/** The beginning of a text, as much of it as fits. */
export function fitted(text: string, size: number, width: number): string {
  if (widthOf(text, size) <= width) return text;
  let shown = "";
  for (const letter of text) {
    if (widthOf(`${shown}${letter}…`, size) > width) break;
    shown += letter;
  }
  return `${shown.trimEnd()}…`;
}
