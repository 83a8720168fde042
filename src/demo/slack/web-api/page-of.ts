import { SlackRefusal } from "../slack-refusal.ts";

/**
 * One page of a list, with a cursor to the next.
 *
 * @param all - the whole list
 * @param limit - how many a page
 * @param cursor - from the page before; empty or absent for the first
 * @throws SlackRefusal `invalid_cursor`
 */
export function pageOf<T>(
  all: readonly T[],
  limit: number,
  cursor = "",
): { items: T[]; more: boolean; response_metadata: { next_cursor: string } } {
  const start = cursor === "" ? 0 : Number(Buffer.from(cursor, "base64").toString("utf8").replace(/^at:/, ""));
  if (!Number.isInteger(start)) throw new SlackRefusal("invalid_cursor");
  const end = start + limit;
  const more = end < all.length;
  const next = more ? Buffer.from(`at:${end}`).toString("base64") : "";
  return { items: all.slice(start, end), more, response_metadata: { next_cursor: next } };
}
