import { CodedError } from "../errors.ts";
import { quote } from "./text.ts";

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
type Unit = keyof typeof UNITS;

/** What people write after a number when they mean a time. */
const UNIT_WORDS = "secs?|seconds?|mins?|minutes?|hrs?|hours?|days?|wks?|weeks?";
const MEANT = new RegExp(`^[-+]?(?:\\p{Nd}[\\p{Nd}.,e]*(?:\\p{L}|${UNIT_WORDS}))+$`, "iu");

const NUMBER = /^\p{Nd}[\p{Nd}.,]*$/u;
const UNIT = new RegExp(`^(?:[smhdw]|${UNIT_WORDS})$`, "iu");

/**
 * How many of the first words are meant as a duration, be it a right one or not: one of `15m`, `-1m`, `15min`, `15x`, two of
 * `15 minutes`, none of `500 errors in checkout`, which says why and not how long. A number with nothing after it is no reason either.
 */
export function wordsOfDuration([first = "", second]: readonly string[]): 0 | 1 | 2 {
  if (MEANT.test(first)) return 1;
  if (!NUMBER.test(first)) return 0;
  if (second === undefined) return 1;
  return UNIT.test(second) ? 2 : 0;
}

const WEEK_MS = 7 * UNITS.d;
const YEAR_MS = 366 * UNITS.d;

/**
 * Reads `45s`, `30m`, `2h` or `1d`. ASCII digits and one unit only, so that `1e9h`, `-1m` and other scripts' digits are no durations.
 *
 * @param text - what a person or the policy wrote
 * @returns milliseconds, at least 1,000 and at most a week
 * @throws `DURATION_INVALID`
 */
export function parseDuration(text: string): number {
  return parse(text, WEEK_MS, "45s, 15m, 2h or 1d (at most 7d)");
}

/** How often something comes, at most once a year: `30d`. @returns milliseconds @throws `DURATION_INVALID` */
export function parsePeriod(text: string): number {
  return parse(text, YEAR_MS, "12h, 7d or 30d (at most 366d)");
}

function parse(text: string, most: number, examples: string): number {
  const match = /^([1-9][0-9]*)([smhd])$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * UNITS[match[2] as Unit];
  if (ms === 0 || ms > most) {
    throw new CodedError("DURATION_INVALID", `${quote(text)} is ${ms === 0 ? "not a duration" : "too long"}.`, {
      next: `Write a number and a unit in one word, such as ${examples}.`,
    });
  }
  return ms;
}

/**
 * The same, for people: `15 min`, `1 h 30 min`, `45 s`.
 *
 * @param ms - milliseconds; rounded to whole seconds
 */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  const parts = [
    [Math.floor(seconds / 86_400), "d"],
    [Math.floor(seconds / 3_600) % 24, "h"],
    [Math.floor(seconds / 60) % 60, "min"],
    [seconds % 60, "s"],
  ] as const;
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return said.length === 0 ? "0 s" : said.join(" ");
}

/**
 * The same, as the policy and the command line write it: `15m`, `90s`.
 *
 * @param ms - milliseconds, a whole number of seconds
 */
export function writeDuration(ms: number): string {
  const units: readonly Unit[] = ["d", "h", "m", "s"];
  const unit = units.find((each) => ms % UNITS[each] === 0) ?? "s";
  return `${Math.round(ms / UNITS[unit])}${unit}`;
}

/**
 * How late something was, to a tenth of a second: `0.3 s`, `2 min 5 s`.
 *
 * @param ms - milliseconds
 */
export function formatLateness(ms: number): string {
  return ms < 60_000 ? `${(Math.max(0, ms) / 1_000).toFixed(1)} s` : formatDuration(ms);
}
