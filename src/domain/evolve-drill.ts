import type { Drill } from "./drill.ts";
import type { DomainEvent } from "./events.ts";

/**
 * Folds an event into a drill.
 *
 * @param drill - as it was before
 */
export function evolveDrill(drill: Drill, event: DomainEvent): Drill {
  switch (event.type) {
    case "GrantSucceeded":
      return { ...drill, grantedAt: event.at };
    case "DrillTried":
      return { ...drill, tried: { ...event.data, at: event.at } };
    case "RevokeSucceeded":
      return { ...drill, revokedAt: event.data.revokedAt, revokes: event.data.attempt };
    case "DrillScored":
      return { ...drill, score: event.data };
    default:
      return drill;
  }
}
