import type { Post } from "../cards/posts.ts";
import type { ToldRecord } from "./told.ts";

/**
 * Of what a request should show: what is known to stand there, what tells of entries after one, and what that hangs under. Nobody wants
 * to read all of an old thread again because one thing in it is done at last.
 *
 * @param forgotten - the entry up to which it was told in messages that are not remembered; 0 where there are none
 */
export function newsAfter(
  wanted: readonly Post[],
  forgotten: number,
  already: ReadonlyMap<string, ToldRecord>,
): readonly Post[] {
  if (forgotten === 0) return wanted;
  const news = wanted.filter(({ key, since = 0 }) => since > forgotten || already.has(key));
  const above = new Set(news.map(({ under }) => under));
  return wanted.filter((post) => news.includes(post) || above.has(post.key));
}
