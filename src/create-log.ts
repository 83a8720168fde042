import winston from "winston";
import type { Log } from "./log.ts";
import { scrub } from "./scrub.ts";

/** An error as plain fields. SDK errors carry requests with tokens in them, so only the known parts are taken. */
function plain(value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { name, message, stack } = value;
  const code = "code" in value ? value.code : undefined;
  const cause = value.cause === undefined ? undefined : plain(value.cause);
  return { name, message, code, stack, cause };
}

const errors = winston.format((info) => {
  for (const key of Object.keys(info)) info[key] = plain(info[key]);
  return info;
});

const MESSAGE = Symbol.for("message");
const scrubbed = winston.format((info) => {
  const line = info[MESSAGE];
  if (typeof line === "string") info[MESSAGE] = scrub(line);
  return info;
});

const pretty = winston.format.printf(({ timestamp, level, message, ...fields }) => {
  const rest = Object.keys(fields).length === 0 ? "" : ` ${JSON.stringify(fields)}`;
  return `${String(timestamp)} ${level} ${String(message)}${rest}`;
});

/**
 * Makes the program's log. It writes to stderr: stdout is for results.
 *
 * @param options - `level`: winston's npm levels; `format`: `json` for machines, `pretty` for people
 */
export function createLog(options: { level: string; format: "json" | "pretty" }): Log {
  const { combine, timestamp, json } = winston.format;
  return winston.createLogger({
    level: options.level,
    format: combine(errors(), timestamp(), options.format === "json" ? json() : pretty, scrubbed()),
    transports: [new winston.transports.Stream({ stream: process.stderr })],
  });
}
