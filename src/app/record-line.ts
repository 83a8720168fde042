import type { RequestState } from "../domain/request.ts";

/** How far back a requester's history is told. */
export const RECORD_MS = 7 * 86_400_000;

/**
 * A requester's recent history in one line, for whoever has to decide: `2nd request this week; the last one (BG-7K3M2Q, …) ran to its deadline.`
 *
 * @param before - how many requests they made in the week before this one
 * @param last - the newest of them
 */
export function recordLine(before: number, last: RequestState | undefined): string {
  if (last === undefined) return "First request this week.";
  return `${ordinal(before + 1)} request this week; the last one (${last.id}, ${last.role} on ${last.target}) ${fate(last)}.`;
}

function fate({ phase, emergency, ending, grant }: RequestState): string {
  if (phase === "ended" && grant?.outcome === "failed") return "could not be given";
  if (phase === "ended") {
    const how =
      ending?.cause === "ended"
        ? "was ended early"
        : ending?.cause === "ordered"
          ? "was revoked"
          : "ran to its deadline";
    return emergency ? `was an emergency and ${how}` : how;
  }
  if (phase === "denied") return "was denied";
  if (phase === "withdrawn") return "was withdrawn";
  if (phase === "lapsed") return "lapsed";
  return "is still open";
}

function ordinal(count: number): string {
  const suffix = ["th", "st", "nd", "rd"][count % 100 > 10 && count % 100 < 14 ? 0 : count % 10] ?? "th";
  return `${count}${suffix}`;
}
