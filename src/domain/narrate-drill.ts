import { DRILL_STEPS, type DrillFailure } from "./drill.ts";
import { formatDuration, formatLateness } from "./duration.ts";
import type { EventData } from "./events.ts";
import type { RequestState } from "./request.ts";
import { ended, type Text } from "./text.ts";

/** What a drill ended of, as the end of a sentence. */
export function failureText(failure: DrillFailure, { target, verdict, lateMs = 0 }: RequestState): string {
  switch (failure) {
    case "denied":
      return "it was denied";
    case "withdrawn":
      return "it was withdrawn";
    case "lapsed":
      return `nobody decided within ${formatDuration(verdict.lapseMs)}`;
    case "not-granted":
      return `${target} did not give the access`;
    case "not-tried":
      return "it was over before its credential was tried";
    case "not-working":
      return "its credential does not work";
    case "late":
      return `its access was gone ${formatLateness(lateMs)} late`;
  }
}

/** Whether the credential works, as the thread tells it. */
export function triedText({ works, what = "", code = "", problem = "" }: EventData<"DrillTried">): Text {
  if (works === "yes") return [`It works: ${ended(what)}`];
  if (works === "no") return [`🔴 It does not work (${code}): `, { said: ended(problem) }];
  return [`Whether it works was not tried: ${ended(what)}`];
}

/** How a drill went, with the figures. */
export function scoreText(score: EventData<"DrillScored">, state: RequestState): Text {
  const { passed, failure, lateMs } = score;
  const how = passed ? "Passed" : `🔴 Failed: ${failure === undefined ? "" : failureText(failure, state)}`;
  const late = lateMs === undefined ? "" : ` Its access was gone ${formatLateness(lateMs)} after its end.`;
  return [`${how}. ${stepsText(score)}${late}`];
}

/** `4 of 5 steps: approved after 0.1 s, granted 0.4 s, …`. */
export function stepsText({ steps }: Pick<EventData<"DrillScored">, "steps">): string {
  const reached = DRILL_STEPS.flatMap((step) => {
    const at = steps[step];
    return at === undefined ? [] : [{ step, at }];
  });
  const count = `${reached.length} of ${DRILL_STEPS.length} steps`;
  if (reached.length === 0) return `${count}.`;
  const times = reached.map(({ step, at }, index) => `${step}${index === 0 ? " after" : ""} ${formatLateness(at)}`);
  return `${count}: ${times.join(", ")}.`;
}
