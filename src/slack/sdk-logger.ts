import { LogLevel, type Logger } from "@slack/bolt";
import type { Log } from "../log.ts";

/**
 * The words of Slack's own libraries, through our log, which scrubs them. Not the finest: those hold whole payloads, and
 * the socket's secret address.
 */
export function sdkLogger(log: Log): Logger {
  const say =
    (level: "debug" | "warn" | "error") =>
    (...parts: unknown[]) => {
      const said = parts.map((part) => (part instanceof Error ? part.message : String(part))).join(" ");
      log[level]("slack's library", { said });
    };
  return {
    debug: () => undefined,
    info: say("debug"),
    warn: say("warn"),
    error: say("error"),
    setLevel: () => undefined,
    getLevel: () => LogLevel.INFO,
    setName: () => undefined,
  };
}
