/** Every time zone's clock is a whole number of these away from UTC. */
const QUARTER_MS = 900_000;

/**
 * Tells the hour that a clock on the wall shows somewhere, from 0 to 23. Asking for a time zone is dear, so what was asked is kept.
 *
 * @param timeZone - one of IANA's
 */
export function hourOfDay(timeZone: string): (at: number) => number {
  const form = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23" });
  const known = new Map<number, number>();
  return (at) => {
    const quarter = Math.floor(at / QUARTER_MS);
    const before = known.get(quarter);
    if (before !== undefined) return before;
    const hour = Number(form.format(at));
    known.set(quarter, hour);
    return hour;
  };
}
