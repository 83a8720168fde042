import { z } from "zod";
import { csvRecords } from "./csv.ts";

/** What is read of a line of the server's log. */
export interface LogLine {
  /** As the server writes it: `2026-11-23 03:14:20.123 UTC`. */
  readonly time: string;
  readonly user: string;
  readonly session: string;
  /** Its number among those of its session. */
  readonly nth: string;
  readonly from: string;
  readonly severity: string;
  readonly sqlState: string;
  readonly message: string;
  readonly detail: string;
  /** The statement that an error is about. */
  readonly statement: string;
}

const text = z.string().default("");
const jsonLine = z.object({
  ...{ timestamp: text, user: text, session_id: text, remote_host: text, error_severity: text },
  line_num: z.int().default(0),
  ...{ state_code: text, message: text, detail: text, statement: text },
});

/**
 * The whole lines of a part of the log.
 *
 * @param part - its bytes, from the beginning of a line
 * @param format - how the server writes it
 * @returns the lines, and how many bytes they take
 */
export function logLines(
  part: Buffer,
  format: "jsonlog" | "csvlog",
): { readonly lines: readonly LogLine[]; readonly bytes: number } {
  if (format === "csvlog") {
    const whole = part.toString("utf8");
    const { records, length } = csvRecords(whole);
    return { lines: records.map(ofCsv), bytes: Buffer.byteLength(whole.slice(0, length)) };
  }
  const end = part.lastIndexOf(0x0a) + 1;
  const lines = part
    .subarray(0, end)
    .toString("utf8")
    .split("\n")
    .flatMap((line) => ofJson(line));
  return { lines, bytes: end };
}

function ofJson(line: string): LogLine[] {
  let read: unknown;
  try {
    read = JSON.parse(line);
  } catch {
    return [];
  }
  const { data } = jsonLine.safeParse(read);
  if (data === undefined) return [];
  const { timestamp: time, user, session_id: session, line_num, remote_host: from } = data;
  const { error_severity: severity, state_code: sqlState, message, detail, statement } = data;
  return [{ time, user, session, nth: String(line_num), from, severity, sqlState, message, detail, statement }];
}

/** The columns of a csvlog, by their places (PostgreSQL's manual, 19.8.4). */
function ofCsv(fields: readonly string[]): LogLine {
  const at = (index: number) => fields[index] ?? "";
  return {
    ...{ time: at(0), user: at(1), session: at(5), nth: at(6), from: at(4).replace(/:\d+$/, "") },
    ...{ severity: at(11), sqlState: at(12), message: at(13), detail: at(14), statement: at(19) },
  };
}
