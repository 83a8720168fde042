import pg from "pg";
import { CodedError } from "../../errors.ts";

/** Where a session stood when something was thrown. */
export interface Standing {
  /** Whether the login had succeeded, so that statements may have run. */
  readonly connected: boolean;
  readonly aborted: boolean;
}

/** SQLSTATEs of a server that will take us later: too many connections, shutting down, crashed, starting up. */
const NOT_NOW = /^(53300|57P0[123])$/;
/** SQLSTATEs that leave open what happened: connection lost, shut down, statement or lock timeout, idle in transaction. */
const UNKNOWN = /^(08...|57P0.|57014|55P03|25P0[34])$/;

/**
 * What a provider throws for what `pg` or the server threw. `pg` never puts the password into a message.
 *
 * @param thrown - anything caught while connecting or working
 * @param standing - how far the session had come
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function targetError(thrown: unknown, standing: Standing): CodedError {
  if (thrown instanceof CodedError && thrown.code !== "TARGET_UNREACHABLE") return thrown;
  if (standing.aborted) return new CodedError("TARGET_TIMEOUT", "Postgres did not answer in time.", { cause: thrown });
  const said = thrown instanceof Error ? thrown.message || reasonOf(thrown) : String(thrown);
  const state = thrown instanceof pg.DatabaseError ? (thrown.code ?? "") : "";
  if (!standing.connected && (state === "" || NOT_NOW.test(state))) {
    return new CodedError("TARGET_UNREACHABLE", `Postgres can't be reached: ${said}.`, {
      next: "See that the server runs and that host, port and TLS in the target's connection are right.",
      cause: thrown,
    });
  }
  if (standing.connected && (state === "" || UNKNOWN.test(state)))
    return new CodedError("TARGET_TIMEOUT", `Postgres did not finish: ${said}.`, { cause: thrown });
  return new CodedError("TARGET_REFUSED", `Postgres refused: ${said} (${state}).`, {
    next: nextStep(thrown),
    cause: thrown,
  });
}

/** Node reports several failed addresses of one host as an error without a message. */
function reasonOf(error: Error): string {
  return "code" in error ? String(error.code) : error.name;
}

function nextStep(thrown: unknown): string {
  if (!(thrown instanceof pg.DatabaseError)) return "";
  if (thrown.code?.startsWith("28") === true) return "See that user and password in the target's connection are right.";
  if (thrown.code === "42501")
    return [thrown.detail, "docs/providers.md says what the admin role needs."].filter(Boolean).join(" ");
  return thrown.hint ?? "";
}
