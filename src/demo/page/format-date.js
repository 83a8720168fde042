/** @param {Date} date @param {Intl.DateTimeFormatOptions} options */
const format = (date, options) => new Intl.DateTimeFormat(undefined, options).format(date);

/** Midnight of a date's day, in the reader's time zone. @param {Date} date */
const day = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();

/**
 * `Today`, `Tomorrow` or `Yesterday`, where that is so; otherwise the plain form.
 *
 * @param {Date} date
 * @param {Date} now
 * @param {string} plain
 */
function pretty(date, now, plain) {
  const days = Math.round((day(date) - day(now)) / 86_400_000);
  const word = new Map([
    [-1, "Yesterday"],
    [0, "Today"],
    [1, "Tomorrow"],
  ]).get(days);
  return word ?? plain;
}

/**
 * Fills Slack's date tokens, as in `<!date^1392734382^{date_short_pretty} {time_secs}|fallback>`, in the reader's
 * time zone and language. A token that isn't known stays as it is.
 *
 * @param {number} seconds - since the epoch
 * @param {string} template
 * @param {Date} now - what "Today" is measured against
 */
export function formatDate(seconds, template, now) {
  const date = new Date(seconds * 1000);
  const long = format(date, { weekday: "long", year: "numeric", month: "long", day: "numeric" });
  const medium = format(date, { year: "numeric", month: "long", day: "numeric" });
  const short = format(date, { year: "numeric", month: "short", day: "numeric" });
  const clock = /** @type {const} */ ({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const tokens = new Map([
    [
      "date_num",
      `${date.getFullYear()}-${String(date.getMonth() + 1).padStart(2, "0")}-${String(date.getDate()).padStart(2, "0")}`,
    ],
    ["date", medium],
    ["date_short", short],
    ["date_long", long],
    ["date_pretty", pretty(date, now, medium)],
    ["date_short_pretty", pretty(date, now, short)],
    ["date_long_pretty", pretty(date, now, long)],
    ["time", format(date, clock)],
    ["time_secs", format(date, { ...clock, second: "2-digit" })],
  ]);
  return template.replace(/\{(\w+)\}/g, (typed, name) => tokens.get(name) ?? typed);
}
