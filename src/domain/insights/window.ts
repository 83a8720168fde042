const DAY_MS = 86_400_000;

/** So many days are looked at where nobody says. */
export const DAYS = 90;
export const DAYS_MAX = 1_100;

/** What is looked at. */
export interface Window {
  /** Epoch milliseconds; requests opened from the first moment on, and before the second. */
  readonly from: number;
  readonly to: number;
  /** One of IANA's, for hours and days. */
  readonly timeZone: string;
  /** One target alone. */
  readonly target?: string | undefined;
}

/** A month of a calendar, `2026-10`. */
export interface Month {
  readonly name: string;
  /** Its first moment, and that of the next month, epoch milliseconds. */
  readonly from: number;
  readonly to: number;
}

/**
 * The last days, with today.
 *
 * @param now - epoch milliseconds
 */
export function lastDays(now: number, days: number, timeZone: string): Pick<Window, "from" | "to" | "timeZone"> {
  const { year, month, day } = dateOf(now, timeZone);
  return { from: midnight(year, month, day - days + 1, timeZone), to: now, timeZone };
}

/**
 * The month before the one that a moment is in, by the calendar of a time zone.
 *
 * @param now - epoch milliseconds
 */
export function monthBefore(now: number, timeZone: string): Month {
  const { year, month } = dateOf(now, timeZone);
  const [from, to] = [midnight(year, month - 1, 1, timeZone), midnight(year, month, 1, timeZone)];
  return { name: new Date(Date.UTC(year, month - 2, 1)).toISOString().slice(0, 7), from, to };
}

/** `28 Aug 2026`, as the calendar of a time zone has it. */
export function dayText(at: number, timeZone: string): string {
  return new Intl.DateTimeFormat("en-GB", { timeZone, day: "numeric", month: "short", year: "numeric" }).format(at);
}

/** `October 2026` */
export function monthText(month: string): string {
  const form = new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", month: "long", year: "numeric" });
  return form.format(Date.parse(`${month}-01T00:00:00Z`));
}

type Stretch = Pick<Window, "from" | "to" | "timeZone">;

/** How many days of the calendar a time has, begun ones counted. */
export function daysOf({ from, to, timeZone }: Stretch): number {
  const dayNumber = (at: number) => {
    const { year, month, day } = dateOf(at, timeZone);
    return Date.UTC(year, month - 1, day) / DAY_MS;
  };
  return dayNumber(Math.max(from, to - 1)) - dayNumber(from) + 1;
}

/** When every so many days of a time begin, by the calendar: a day on which the clocks are changed has 23 hours or 25. */
export function dayStarts({ from, to, timeZone }: Stretch, everyDays: number): number[] {
  const { year, month, day } = dateOf(from, timeZone);
  const since = from - midnight(year, month, day, timeZone);
  const count = Math.max(1, Math.ceil((to - from) / DAY_MS / everyDays) + 1);
  return Array.from({ length: count }, (_, nth) =>
    nth === 0 ? from : midnight(year, month, day + nth * everyDays, timeZone) + since,
  ).filter((at, nth) => nth === 0 || at < to);
}

/**
 * The first moment of a day of the calendar; undefined where there is no such day.
 *
 * @param day - `2026-10-01`
 */
export function dayBegins(day: string, timeZone: string): number | undefined {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  // JavaScript takes 31 February for 3 March.
  if (Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== day) return undefined;
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return midnight(year, month, date, timeZone);
}

/** The first moment of a day; days and months that are out of bounds are carried over. */
function midnight(year: number, month: number, day: number, timeZone: string): number {
  const asUtc = Date.UTC(year, month - 1, day);
  const first = asUtc - offsetMs(asUtc, timeZone);
  // The clocks may have been changed between the two.
  const second = asUtc - offsetMs(first, timeZone);
  // Where they are put forward at midnight, the day begins at one o'clock.
  return dateOf(second, timeZone).hour === 0 ? second : Math.max(first, second);
}

function offsetMs(at: number, timeZone: string): number {
  const { year, month, day, hour, minute, second } = dateOf(at, timeZone);
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(at / 1_000) * 1_000;
}

type Part = "year" | "month" | "day" | "hour" | "minute" | "second";

/** Months count from 1. */
function dateOf(at: number, timeZone: string): Record<Part, number> {
  const form = new Intl.DateTimeFormat("en-GB", {
    ...{ timeZone, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric" },
    ...{ hour: "numeric", minute: "numeric", second: "numeric" },
  });
  const parts = new Map(form.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const part = (name: Part) => parts.get(name) ?? 0;
  return {
    ...{ year: part("year"), month: part("month"), day: part("day") },
    ...{ hour: part("hour"), minute: part("minute"), second: part("second") },
  };
}
