/** Whether a name is one of IANA's time zones. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/**
 * What a clock on the wall shows somewhere.
 *
 * @param at - epoch milliseconds
 * @param timeZone - one of IANA's
 * @returns the hour from 0 to 23, and the day, `mon` to `sun`
 */
export function clockTime(at: number, timeZone: string): { readonly hour: number; readonly weekday: string } {
  const form = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", hourCycle: "h23", weekday: "short" });
  const parts = new Map(form.formatToParts(at).map(({ type, value }) => [type, value]));
  return { hour: Number(parts.get("hour")), weekday: (parts.get("weekday") ?? "").toLowerCase().slice(0, 3) };
}
