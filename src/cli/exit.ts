import { asCoded, CodedError, type Code } from "../errors.ts";
import type { Io } from "./io.ts";

/** 0 fine, 1 the answer is no, 2 it couldn't be told. */
export type ExitCode = 0 | 1 | 2;

/** The codes that are an answer; every other one means that there is none. */
const ANSWERS: readonly Code[] = [
  "POLICY_INVALID",
  "LEDGER_BROKEN",
  "LEDGER_FORK",
  "REDIS_UNSAFE",
  "TARGET_UNKNOWN",
  "ROLE_NOT_ALLOWED",
  "DURATION_INVALID",
  "QUORUM_UNREACHABLE",
  "REQUEST_UNKNOWN",
  "NOT_ACTIVE",
  "SEALED_UNKNOWN",
  "SEAL_BROKEN",
  "SHARE_INVALID",
  "OFFLINE_JOURNAL",
];

/** Says what went wrong, with a hint what to do, and what to exit with. */
export function explainFailure(thrown: unknown, io: Io): ExitCode {
  const error = asCoded(thrown);
  io.talk(`error: ${withoutStop(error.message)} (${error.code})`);
  if (error.next !== "") io.talk(`hint: ${withoutStop(error.next)}`);
  if (!(thrown instanceof CodedError))
    io.talk(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown));
  return ANSWERS.includes(error.code) ? 1 : 2;
}

/** Chat gets sentences; a terminal's line has no full stop. */
function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, "");
}
