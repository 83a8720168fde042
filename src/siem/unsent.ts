import { CodedError } from "../errors.ts";

/** Why a sink could not take events: with what it said of itself, never with what stands in its answer. */
export function unsent(sink: string, where: string, cause: unknown): CodedError {
  const why = reasonOf(cause);
  return new CodedError("SIEM_UNSENT", `Events could not be sent to ${where} (${sink}): ${why}.`, {
    next: "They are sent again until they are taken.",
  });
}

/** OpenSSL has a sentence of its own, between the lines of its source. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return "reason" in cause && typeof cause.reason === "string" ? cause.reason : cause.message.trim();
}
