/**
 * The word that somebody most likely meant: of all the one that is nearest, if it is near enough. Two letters that changed
 * places count as one slip (optimal string alignment distance).
 *
 * @param typed - what they wrote
 * @param words - what would be right
 */
export function nearest(typed: string, words: readonly string[]): string | undefined {
  const wanted = typed.toLowerCase();
  const slips = Math.max(1, Math.floor(wanted.length / 3));
  const [best] = words
    .map((word) => ({ word, distance: distance(wanted, word.toLowerCase()) }))
    .filter((each) => each.distance <= slips)
    .sort((one, other) => one.distance - other.distance);
  return best?.word;
}

function distance(from: string, to: string): number {
  if (Math.abs(from.length - to.length) > from.length) return Infinity;
  let before: number[] = [];
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      const swapped = i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1];
      next[j] = Math.min(
        (row[j] ?? Infinity) + 1,
        (next[j - 1] ?? Infinity) + 1,
        (row[j - 1] ?? Infinity) + (same ? 0 : 1),
        swapped ? (before[j - 2] ?? Infinity) + 1 : Infinity,
      );
    }
    before = row;
    row = next;
  }
  return row[to.length] ?? Infinity;
}
