import type { Client } from "pg";
import { z } from "zod";
import type { Activity } from "../../domain/activity.ts";
import type { ActivityCursor, Handle, SeenUnder } from "../provider.ts";
import { activityIn, type Open, type SeenActivity } from "./log-activity.ts";
import { logLines } from "./log-lines.ts";
import { withSession, type Reach } from "./session.ts";

/** So much of the log is read in one go, and in one look. */
const PART = 1_048_576;
const PARTS_MAX = 4;

const settings = z.object({
  json: z.string().nullable(),
  csv: z.string().nullable(),
  reads: z.boolean(),
  logs: z.string(),
  audits: z.string().nullable(),
  query_size: z.int(),
});
type Settings = z.output<typeof settings>;

const SETTINGS = `SELECT pg_current_logfile('jsonlog') AS json, pg_current_logfile('csvlog') AS csv,
  has_function_privilege('pg_read_binary_file(text,bigint,bigint,boolean)', 'EXECUTE') AND has_function_privilege('pg_stat_file(text,boolean)', 'EXECUTE') AS reads,
  current_setting('log_statement') AS logs, current_setting('pgaudit.log', true) AS audits,
  pg_size_bytes(current_setting('track_activity_query_size'))::int AS query_size`;

const place = z.object({ file: z.string(), offset: z.int().min(0) });
const seen = z.object({
  pid: z.int(),
  from: z.string(),
  began: z.number(),
  changed: z.number(),
  is_idle: z.boolean(),
  query: z.string(),
  bytes: z.int(),
});

/**
 * What was run under a grant since the last look, as far as the server tells: by its log where that has statements and can be read
 * through SQL, else by what `pg_stat_activity` shows at this moment.
 *
 * @param cursor - what the last look gave; of the first, only since when
 */
export async function activity(reach: Reach, handle: Handle, cursor: ActivityCursor): Promise<SeenUnder> {
  return await withSession(reach, async (client) => {
    const { rows } = await client.query(SETTINGS);
    const known = settings.parse(rows[0]);
    const format = known.json !== null ? "jsonlog" : "csvlog";
    const file = known.json ?? known.csv;
    const hasStatements = known.logs === "all" || known.logs === "mod" || (known.audits ?? "none") !== "none";
    if (file === null || !known.reads || !hasStatements) return await sampled(client, handle, cursor, known);
    return await logged(client, handle, cursor, { file, format, isLogged: known.logs !== "none" });
  });
}

async function logged(
  client: Client,
  { name }: Handle,
  { since, place: before, open = new Map() as Open }: ActivityCursor,
  { file, format, isLogged }: { file: string; format: "jsonlog" | "csvlog"; isLogged: boolean },
): Promise<SeenUnder> {
  let at = before === undefined ? await beginning(client, file) : place.parse(JSON.parse(before));
  const found: SeenActivity[] = [];
  for (let part = 0; part < PARTS_MAX; part += 1) {
    const bytes = await read(client, at.file, at.offset);
    const { lines, bytes: taken } = logLines(bytes, format);
    const own = lines.filter(({ user }) => user === name);
    const moments = await momentsOf(
      client,
      own.map(({ time }) => time),
    );
    const dated = own.map((line, index) => ({ ...line, at: moments[index] ?? 0 })).filter((line) => line.at >= since);
    found.push(...activityIn(dated, open, isLogged));
    at = { file: at.file, offset: at.offset + taken };
    if (taken > 0) continue;
    // A line that is longer than what is read in one go is passed over.
    if (bytes.length === PART) at = { file: at.file, offset: at.offset + PART };
    else if (at.file === file) break;
    else at = { file, offset: 0 };
  }
  return { by: "log", activity: found, cursor: { since, place: JSON.stringify(at), open } };
}

/** Near the end of the file, at the beginning of a line. */
async function beginning(client: Client, file: string): Promise<z.output<typeof place>> {
  const { rows } = await client.query<{ size: string }>("SELECT size FROM pg_stat_file($1, true)", [file]);
  const from = Math.max(0, Number(rows[0]?.size ?? 0) - PARTS_MAX * PART);
  if (from === 0) return { file, offset: 0 };
  return { file, offset: from + (await read(client, file, from)).indexOf(0x0a) + 1 };
}

async function read(client: Client, file: string, offset: number): Promise<Buffer> {
  const { rows } = await client.query<{ part: Buffer | null }>("SELECT pg_read_binary_file($1, $2, $3, true) AS part", [
    file,
    offset,
    PART,
  ]);
  return rows[0]?.part ?? Buffer.alloc(0);
}

/** The server knows what its own time zones mean. */
async function momentsOf(client: Client, times: readonly string[]): Promise<number[]> {
  if (times.length === 0) return [];
  const { rows } = await client.query<{ at: number }>(
    "SELECT (extract(epoch FROM t::timestamptz) * 1000)::float8 AS at FROM unnest($1::text[]) WITH ORDINALITY AS x(t, n) ORDER BY n",
    [times],
  );
  return rows.map(({ at }) => Math.round(at));
}

async function sampled(
  client: Client,
  { name }: Handle,
  cursor: ActivityCursor,
  { query_size }: Settings,
): Promise<SeenUnder> {
  const { rows } = await client.query(
    `SELECT pid, coalesce(host(client_addr), '') AS from, (extract(epoch FROM query_start) * 1000)::float8 AS began,
       (extract(epoch FROM state_change) * 1000)::float8 AS changed, state LIKE 'idle%' AS is_idle, query, octet_length(query) AS bytes
     FROM pg_stat_activity WHERE usename = $1 AND backend_type = 'client backend' AND query <> '' AND query_start IS NOT NULL`,
    [name],
  );
  const found = z
    .array(seen)
    .parse(rows)
    .filter(({ began }) => began >= cursor.since)
    .map(({ pid, from, began, changed, is_idle, query, bytes }): SeenActivity => {
      const shown: Activity = { by: "sample", at: Math.round(began), session: String(pid), from, sql: query };
      return {
        ...shown,
        // The server keeps no more of it than that, and not how long it was.
        ...(bytes >= query_size - 4 && { cutFrom: bytes }),
        ...(is_idle && { ended: { ms: Math.max(0, Math.round(changed - began)) } }),
        key: `${pid} ${began}`,
      };
    });
  return { by: "sample", activity: found, cursor };
}
