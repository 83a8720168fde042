import { CodedError } from "../errors.ts";

/** Why a sink could not take events: with what it said of itself, never with what stands in its answer. */
export function unsent(sink: string, where: string, cause: unknown): CodedError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new CodedError("SIEM_UNSENT", `Events could not be sent to ${where} (${sink}): ${why}.`, {
    next: "They are sent again until they are taken.",
  });
}
