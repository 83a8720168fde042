import type { Log } from "../../src/log.ts";
import { scrub } from "../../src/scrub.ts";

/** A log that keeps every line, at every level, as it would be written. */
export interface KeptLog {
  readonly log: Log;
  lines(): readonly string[];
  /** The first line that matches. */
  find(pattern: RegExp): string | undefined;
}

export function logKept(): KeptLog {
  const lines: string[] = [];
  const keep = (message: string, fields?: Record<string, unknown>) => {
    lines.push(scrub(fields === undefined ? message : `${message} ${JSON.stringify(fields, plain())}`));
  };
  return {
    log: { debug: keep, info: keep, warn: keep, error: keep },
    lines: () => lines,
    find: (pattern) => lines.find((line) => pattern.test(line)),
  };
}

/** Everything an error has, be it enumerable or not; what it has of itself only once. */
function plain(): (key: string, value: unknown) => unknown {
  const seen = new WeakSet<Error>();
  return (_key, value) => {
    if (!(value instanceof Error)) return value;
    if (seen.has(value)) return value.message;
    seen.add(value);
    const names = Object.getOwnPropertyNames(value);
    return Object.fromEntries(names.map((name) => [name, Object.getOwnPropertyDescriptor(value, name)?.value]));
  };
}
