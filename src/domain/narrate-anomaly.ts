import type { EventData } from "./events.ts";
import type { Span, Text } from "./text.ts";

const THEN: Readonly<Record<EventData<"AnomalyRaised">["action"], string>> = {
  tell: "",
  page: " The security channel was told.",
  end: " That ends the access.",
};

/** Something unusual, as the thread tells it. */
export function narrateAnomaly(data: EventData<"AnomalyRaised">): Text {
  return [...anomalyText(data), THEN[data.action]];
}

/** What the rule says, and the facts it looked at, but for a mere yes or no: that is what the rule says. */
export function anomalyText({ title, level, facts }: EventData<"AnomalyRaised">): Text {
  const mark = level === "high" || level === "critical" ? "🔴 " : "";
  const told = Object.entries(facts).filter(([, value]) => typeof value !== "boolean");
  const seen = told.flatMap(([name, value], index): Span[] => {
    const said = typeof value === "object" ? value.join(", ") : String(value);
    return [index === 0 ? " (" : ", ", `${name} `, { code: said }];
  });
  return [`${mark}Unusual, ${level}: `, { said: title }, ...seen, seen.length > 0 ? ")." : "."];
}
