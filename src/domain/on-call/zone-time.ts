/** A moment as a clock on a wall shows it: `2026-03-29 09:00`, as milliseconds that such a clock would count from 1970 on. */
export type WallMs = number;

const WALL = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2})$/;

/** Reads `2026-03-29 09:00`; undefined when it is no such time. */
export function parseWall(text: string): WallMs | undefined {
  const [, ...parts] = WALL.exec(text) ?? [];
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0] = parts.map(Number);
  const wall = Date.UTC(year, month - 1, day, hour, minute);
  // There is no 31st of June, and no 25 o'clock: such a date would be another.
  return parts.length > 0 && new Date(wall).toISOString().slice(0, 16) === `${text.slice(0, 10)}T${text.slice(11)}`
    ? wall
    : undefined;
}

/** Whether this is a time zone by its name in the IANA database, such as `Europe/Berlin`. */
export function isZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of a zone show at a moment. @param at - epoch milliseconds */
export function wallOf(at: number, zone: string): WallMs {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(at)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const part = (name: Intl.DateTimeFormatPartTypes) => parts.get(name) ?? 0;
  return Date.UTC(part("year"), part("month") - 1, part("day"), part("hour"), part("minute"), part("second"));
}

/**
 * When the clocks of a zone show this. A time that comes twice, when clocks are set back, is the first of the two; one that is left
 * out, when they are set forward, is the moment at which they are.
 *
 * @returns epoch milliseconds
 */
export function instantOf(wall: WallMs, zone: string): number {
  const [before, after] = [-DAY_MS, DAY_MS].map((away) => wallOf(wall + away, zone) - (wall + away)) as [
    number,
    number,
  ];
  const [early, late] = [wall - Math.max(before, after), wall - Math.min(before, after)];
  if (wallOf(early, zone) === wall) return early;
  if (wallOf(late, zone) === wall) return late;
  // Left out: the change lies between the two, and the first moment whose clock shows more is it.
  let [low, high] = [early, late];
  while (high - low > 1_000) {
    const middle = low + Math.floor((high - low) / 2_000) * 1_000;
    if (wallOf(middle, zone) > wall) high = middle;
    else low = middle;
  }
  return high;
}

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/** Made once for each zone, because making one is slow. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known !== undefined) return known;
  const made = new Intl.DateTimeFormat("en-US", {
    ...{ timeZone: zone, hourCycle: "h23", calendar: "gregory", year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });
  formats.set(zone, made);
  return made;
}
