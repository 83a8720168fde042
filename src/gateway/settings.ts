import { escapeIdentifier, escapeLiteral } from "pg";
import { Refused } from "./refused.ts";

/** No settings of the target's, but how the session is opened. */
const OPENING = ["user", "database", "replication", "options"];

/** What drivers set by themselves, and changes nothing of what a statement does. */
const ORDINARY = [
  "application_name",
  "client_encoding",
  "client_min_messages",
  "datestyle",
  "extra_float_digits",
  "idle_in_transaction_session_timeout",
  "intervalstyle",
  "lock_timeout",
  "statement_timeout",
  "timezone",
];

/**
 * What a client sets by its first packet, as the SQL that would do the same: by it a session may begin as another role, or with another
 * search path, without a statement that says so.
 *
 * @throws Refused for `options` that can't be read: what isn't known isn't passed on
 */
export function settingsOf(parameters: ReadonlyMap<string, string>): string[] {
  const named = [...parameters].filter(([name]) => !OPENING.includes(name));
  const settings = [...named, ...readOptions(parameters.get("options") ?? "")];
  return settings
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name]) => !ORDINARY.includes(name))
    .map(([name, value]) => sqlOf(name, value));
}

/**
 * Where a client begins in another of the target's databases than the one that its line names. There is no SQL that would do it.
 *
 * @param named - the database in the line that the requester was given
 */
export function elsewhere(parameters: ReadonlyMap<string, string>, named: string): string[] {
  const wanted = parameters.get("database") ?? named;
  return wanted === named ? [] : [`[the database ${escapeIdentifier(wanted)}]`];
}

function sqlOf(name: string, value: string): string {
  if (name === "role") return `SET ROLE ${escapeIdentifier(value)}`;
  if (name === "session_authorization") return `SET SESSION AUTHORIZATION ${escapeIdentifier(value)}`;
  return `SET ${name.split(".").map(nameOf).join(".")} = ${escapeLiteral(value)}`;
}

function nameOf(part: string): string {
  return /^[a-z_][a-z0-9_$]*$/.test(part) ? part : escapeIdentifier(part);
}

/** The server's own reading of `options` (pg_split_opts, process_postgres_switches): words, with a backslash before a space of theirs. */
function readOptions(options: string): [string, string][] {
  const words = [...options.matchAll(/(?:\\[^]|[^\s\\])+/g)].map(([word]) => word.replaceAll(/\\([^])/g, "$1"));
  const settings: [string, string][] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    const setting = word === "-c" ? words[(at += 1)] : /^(?:-c|--)(.+)$/s.exec(word)?.[1];
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(setting ?? "") ?? [];
    if (name === undefined || value === undefined)
      throw new Refused(
        "22023",
        "The session gateway can't read the options of the connection.",
        "Write each as -c name=value.",
      );
    settings.push([name.replaceAll("-", "_"), value]);
  }
  return settings;
}
