import { z } from "zod";
import type { PagerDutySource } from "../domain/policy/facts-schema.ts";
import { Secret } from "../secret.ts";
import { askJson } from "./ask-json.ts";
import { Unreadable, type OnCall } from "./reading.ts";

const PAGE = 100;
const PAGES_MAX = 10;

const time = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const answerSchema = z.object({
  more: z.boolean().nullish(),
  oncalls: z.array(
    z.object({
      user: z.object({ id: z.string(), email: z.string().optional() }),
      schedule: z.object({ id: z.string() }).nullish(),
      start: time.nullish(),
      end: time.nullish(),
    }),
  ),
});

/**
 * Who is on call now, by PagerDuty's `GET /oncalls`. It knows a schedule only by the escalation policies that it stands in.
 *
 * @throws {@link Unreadable}
 */
export async function pagerDutyOnCall(
  { schedule, token, api }: PagerDutySource,
  signal: AbortSignal,
): Promise<OnCall[]> {
  const found: OnCall[] = [];
  for (let page = 0; page < PAGES_MAX; page++) {
    const url = new URL("oncalls", api.endsWith("/") ? api : `${api}/`);
    url.searchParams.append("schedule_ids[]", schedule);
    url.searchParams.append("include[]", "users");
    url.searchParams.append("limit", String(PAGE));
    url.searchParams.append("offset", String(page * PAGE));
    const headers = {
      accept: "application/vnd.pagerduty+json;version=2",
      authorization: new Secret(`Token token=${token.reveal()}`),
    };
    const answer = answerSchema.safeParse(await askJson({ who: "PagerDuty", url, headers }, signal));
    if (!answer.success) throw new Unreadable("PagerDuty answered something else than who is on call");
    const { oncalls, more } = answer.data;
    for (const { user, schedule: of, start, end } of oncalls) {
      if (of?.id !== schedule) continue;
      found.push({ id: user.id, email: user.email, from: start ?? undefined, to: end ?? undefined });
    }
    if (more !== true) return found;
  }
  throw new Unreadable(`PagerDuty has more than ${PAGE * PAGES_MAX} entries for this schedule`);
}
