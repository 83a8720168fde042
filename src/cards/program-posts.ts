import type { DomainEvent } from "../domain/events.ts";
import { narrateProgram } from "../domain/narrate-program.ts";
import type { Post } from "./posts.ts";

/**
 * What the security channel should show of the program itself. A post is named by its entry's hash: a number may be another
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
            lane: "security",
            live: false,
            since: event.seq,
            content: { text },
          },
        ];
  });
}
