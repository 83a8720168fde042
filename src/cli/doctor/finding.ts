/** How something stands: as it should be; worth a look; wrong; or it couldn't be known. */
export type Standing = "fine" | "warning" | "problem" | "unknown";

/** One line of `doctor`. */
export interface Finding {
  readonly subject:
    | "policy"
    | "redis"
    | "clock"
    | "mirror"
    | "keys"
    | "slack"
    | "teams"
    | "gateway"
    | "anomalies"
    | "target"
    | "facts"
    | "follow-ups"
    | "siem";
  readonly standing: Standing;
  readonly text: string;
  /** What to do about it. */
  readonly hint?: string | undefined;
}

/** Findings of one subject. */
export function findings(subject: Finding["subject"]) {
  return (standing: Standing, text: string, hint?: string): Finding => ({ subject, standing, text, hint });
}
