import type { DomainEvent } from "../domain/events.ts";
import { narrateProgram } from "../domain/narrate-program.ts";
import type { Post } from "./posts.ts";

/**
 * What chat should show of the program itself, nearly all of it in the security channel. A post is named by its entry's hash: a number may be another
 * entry's after a ledger was begun anew.
 *
 * @param events - of the program's own stream, in order
 */
export function programPosts(events: readonly DomainEvent[]): Post[] {
  return events.flatMap((event): Post[] => {
    if (event.type === "InsightsReported") return insightsPosts(event);
    const text = narrateProgram(event);
    return text === undefined
      ? []
      : [
          {
            key: `program.${event.hash.slice(0, 16)}`,
            // That a drill comes is for everybody; everything else is for the security channel.
            lane: event.type === "DrillAnnounced" ? "incident" : "security",
            live: false,
            since: event.seq,
            content: { text },
          },
        ];
  });
}

/** A month's figures, and their pictures in its thread. */
function insightsPosts({ data, seq, hash }: Extract<DomainEvent, { type: "InsightsReported" }>): Post[] {
  const { month, from, to, timeZone } = data;
  const insights = { month, from, to, timeZone };
  const [key, named] = [`insights.${hash.slice(0, 16)}`, `insights-pictures.${hash.slice(0, 16)}`];
  const shared = { lane: "insights", live: false, since: seq } as const;
  return [
    { ...shared, key, content: { insights, as: "text" } },
    { ...shared, key: named, under: key, content: { insights, as: "pictures" } },
  ];
}
