import winston from "winston";

/** What every part of the program logs through. Fields go beside the sentence, never into it. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** Shapes of secrets that must not reach a log, whatever code put them there. The last is a password inside a URL. */
const SECRETS = [
  /\bxox[a-z]-[\w-]+/g,
  /\bxapp-[\w-]+/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\beyJ[\w-]+\.[\w-]+\.[\w-]+/g,
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g,
  /(?<=:\/\/[^\s:/@]*:)[^\s/@]+(?=@)/g,
];

/**
 * Replaces whatever looks like a secret.
 *
 * @param text - any text on its way out
 */
export function scrub(text: string): string {
  return SECRETS.reduce((clean, shape) => clean.replace(shape, "[redacted]"), text);
}

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

/** A log that keeps nothing: for tests and one-shot commands. */
export const silent: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
