/** Who and what the ids in a text stand for. */
export type Names = {
  user: (id: string) => string | undefined;
  channel: (id: string) => string | undefined;
  group: (id: string) => string | undefined;
  /** The reader's time zone. */
  tz: string;
};

const ENTITIES = new Map([
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&amp;", "&"],
]);

function unescape(text: string): string {
  return text.replace(/&(?:lt|gt|amp);/g, (entity) => ENTITIES.get(entity) ?? entity);
}

const DATE_PARTS: Record<string, Intl.DateTimeFormatOptions> = {
  date: { month: "long", day: "numeric", year: "numeric" },
  date_pretty: { month: "long", day: "numeric", year: "numeric" },
  date_short: { month: "short", day: "numeric", year: "numeric" },
  date_short_pretty: { month: "short", day: "numeric", year: "numeric" },
  date_long: { weekday: "long", month: "long", day: "numeric", year: "numeric" },
  date_long_pretty: { weekday: "long", month: "long", day: "numeric", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  time_secs: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
};

/** `<!date^seconds^format^link|fallback>` in the reader's zone, with a 24-hour clock. */
function date(body: string, fallback: string, tz: string): string {
  const [, seconds = "", format = ""] = body.split("^");
  const at = Number(seconds) * 1000;
  if (seconds === "" || !Number.isFinite(at)) return fallback;
  return format.replace(/\{(\w+)\}/g, (whole, part: string) => {
    if (part === "date_num") return new Intl.DateTimeFormat("sv-SE", { timeZone: tz }).format(at);
    const options = DATE_PARTS[part];
    return options === undefined ? whole : new Intl.DateTimeFormat("en-US", { ...options, timeZone: tz }).format(at);
  });
}

/** What stands between angle brackets: a mention, a date, a link. */
function token(inner: string, names: Names): string {
  const bar = inner.indexOf("|");
  const body = bar < 0 ? inner : inner.slice(0, bar);
  const label = bar < 0 ? "" : inner.slice(bar + 1);
  if (body.startsWith("@")) return `@${names.user(body.slice(1)) ?? (label || body.slice(1))}`;
  if (body.startsWith("#")) return `#${names.channel(body.slice(1)) ?? (label || body.slice(1))}`;
  if (body.startsWith("!subteam^")) return `@${names.group(body.slice("!subteam^".length)) ?? label}`;
  if (body.startsWith("!date^")) return date(body, label, names.tz);
  if (body.startsWith("!")) return `@${body.slice(1)}`;
  return label === "" ? body : label;
}

const MARKS = /(^|[\s(["'>·—–:,])([*_~])(?=\S)(.*?\S)\2(?=$|[\s)\]"'.,:;!?·—–])/gm;

function unmark(text: string): string {
  const once = text.replace(MARKS, "$1$3");
  return once === text ? text : unmark(once);
}

/**
 * mrkdwn as a person reads it: mentions by name, dates in their zone, links by their label, marks of bold,
 * italic and code taken away, entities resolved.
 *
 * @param text - as the bot sent it
 * @param names - who and what the ids stand for
 */
export function readMrkdwn(text: string, names: Names): string {
  const resolve = (part: string): string => part.replace(/<([^<>\n]+)>/g, (_, inner: string) => token(inner, names));
  const parts = text.split(/```|`/);
  return parts.map((part, n) => unescape(n % 2 === 1 ? resolve(part) : unmark(resolve(part)))).join("");
}
