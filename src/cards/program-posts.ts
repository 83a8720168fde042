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
