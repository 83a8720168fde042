import type { Activity } from "../../domain/activity.ts";
import { csvRecords } from "./csv.ts";
import type { LogLine } from "./log-lines.ts";

/** A statement that somebody saw, with a name by which its end is told later. */
export type SeenActivity = Activity & { readonly key: string };

/** What is known of each session's newest statement, from one look to the next. */
export type Open = Map<string, { readonly key: string; readonly began: Activity }>;

const STATEMENT = /^(?:statement|execute [^:]*): ([\s\S]*)$/;
const DURATION = /^duration: ([\d.]+) ms(?: {2}(?:statement|execute [^:]*): ([\s\S]*))?$/;
const AUDIT = /^AUDIT: (?:SESSION|OBJECT),(\d+),\d+,(.*)$/s;
const PARAMETER = /\$\d+ = (?:'((?:[^']|'')*)'|NULL)/g;
const ERRORS = new Set(["ERROR", "FATAL", "PANIC"]);

/**
 * What lines of a server's log say was run.
 *
 * @param lines - each with its moment, epoch milliseconds
 * @param open - each session's newest statement so far; changed here
 * @param isLogged - whether the log has statements itself, so that what pgaudit writes of them would count twice
 */
export function activityIn(
  lines: readonly (LogLine & { readonly at: number })[],
  open: Open,
  isLogged: boolean,
): SeenActivity[] {
  const found: SeenActivity[] = [];
  const begin = (line: LogLine & { at: number }, sql: string, key = `${line.session} ${line.nth}`): Activity => {
    const parameters = parametersIn(line.detail);
    const began: Activity = {
      ...{ by: "log" as const, at: line.at, session: line.session, from: line.from, sql },
      ...(parameters.length > 0 && { parameters }),
    };
    open.set(line.session, { key, began });
    found.push({ ...began, key });
    return began;
  };
  const end = (session: string, ended: NonNullable<Activity["ended"]>) => {
    const last = open.get(session);
    if (last === undefined) return false;
    open.delete(session);
    found.push({ ...last.began, ended, key: last.key });
    return true;
  };
  for (const line of lines) {
    const { session, message, severity, sqlState: code } = line;
    const [, sql] = STATEMENT.exec(message) ?? [];
    const [, ms, slow] = DURATION.exec(message) ?? [];
    const [, nth = "", audited] = AUDIT.exec(message) ?? [];
    if (ERRORS.has(severity)) {
      if (end(session, { ms: 0, error: { code, message } }) || line.statement === "") continue;
      begin(line, line.statement);
      end(session, { ms: 0, error: { code, message } });
    } else if (sql !== undefined) begin(line, sql);
    else if (ms !== undefined) {
      if (slow !== undefined && !isLogged) begin({ ...line, at: line.at - Number(ms) }, slow);
      end(session, { ms: Number(ms) });
    } else if (audited !== undefined && !isLogged) {
      // One statement may touch several objects, each in a line of its own.
      const key = `${session} audit ${nth}`;
      const text = csvRecords(`${audited}\n`).records[0]?.[4] ?? "";
      if (open.get(session)?.key !== key) begin(line, text, key);
    }
  }
  return found;
}

/** The values of `Parameters: $1 = 'x', $2 = NULL`. */
function parametersIn(detail: string): (string | null)[] {
  if (!/^parameters: /i.test(detail)) return [];
  return [...detail.matchAll(PARAMETER)].map(([, value]) => value?.replaceAll("''", "'") ?? null);
}
