import { ERASED } from "../events.ts";
import type { Observed } from "../observed.ts";
import type { Begun, Ended } from "../recorded.ts";
import { wasOpened, type RequestState } from "../request.ts";
import { standingTime } from "../standing-time.ts";
import type { Facts } from "./facts.ts";

const CHANGES = ["INSERT", "UPDATE", "DELETE", "MERGE"] as const;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

function ofRequest({ target, role, requester, emergency }: RequestState): Facts {
  return { target, role, person: requester, emergency };
}

/** What is known of each statement of a text when it begins. */
export function begunFacts(state: RequestState, { does }: Begun): Facts[] {
  const words = wordsOf(state);
  return does.map(({ kind, verb, tables, written, everyRow, functions }) => ({
    ...ofRequest(state),
    ...{ kind, verb, tables, written, everyRow, functions },
    outside: written === undefined || words === undefined ? undefined : !written.some((table) => isNamed(table, words)),
  }));
}

/** What is known of a statement when it has ended; of a text with statements of several kinds, for each kind. */
export function endedFacts(state: RequestState, ended: Ended): Facts[] {
  const { kind, tables, rows, rowsOf, bytes, ms, error } = ended;
  const parts: [string, number | undefined][] = rowsOf === undefined ? [[kind, rows]] : Object.entries(rowsOf);
  return parts.map(([of, some]) => ({
    ...ofRequest(state),
    ...{ kind: of, tables, rows: some, bytes },
    ms: Math.round(ms),
    error: error?.code,
    failed: error !== undefined,
  }));
}

/** What is known of all that was run so far. */
export function useFacts(state: RequestState, observed: Observed): Facts {
  const { statements, kinds, bytes, errors, sessions, addresses, tables } = observed;
  const read = kinds.SELECT?.rows ?? 0;
  const changed = CHANGES.reduce((sum, kind) => sum + (kinds[kind]?.rows ?? 0), 0);
  return {
    ...ofRequest(state),
    ...{ statements, read, changed, bytes, errors, tables },
    ...{ sessions: sessions.length, addresses: addresses.length },
  };
}

/**
 * What is known when access is on. Hour and day depend on a rule's time zone, and are added there.
 *
 * @param earlier - the requester's requests of the last half year, without this one
 */
export function grantFacts(state: RequestState, earlier: readonly RequestState[]): Facts {
  const had = earlier.filter(({ grant, openedAt }) => grant?.outcome === "given" && openedAt < state.openedAt);
  const onTarget = had.filter(({ target }) => target === state.target);
  const today = earlier.filter(({ openedAt }) => openedAt <= state.openedAt && openedAt > state.openedAt - DAY_MS);
  return {
    ...ofRequest(state),
    firstOnTarget: onTarget.length === 0,
    firstInRole: !onTarget.some(({ role }) => role === state.role),
    automatic: state.verdict.automatic !== undefined,
    requestsToday: today.length + 1,
    minutes: Math.round(state.durationMs / MINUTE_MS),
  };
}

/** What is known when access has ended. Whether it was used is only known where what is run is recorded, or nobody had the credential. */
export function endFacts(state: RequestState): Facts {
  const { observed, verdict, revealable, ending } = state;
  const opened = revealable ? wasOpened(state) : undefined;
  const isSeen = verdict.recorded === true || observed !== undefined;
  const { stoodMs, idleMs } = standingTime(state);
  return {
    ...ofRequest(state),
    used: (observed?.statements ?? 0) > 0 ? true : isSeen || opened === false ? false : undefined,
    opened,
    early: ending?.cause === "ended",
    statements: isSeen ? (observed?.statements ?? 0) : undefined,
    stoodMinutes: Math.round(stoodMs / MINUTE_MS),
    idleMinutes: isSeen ? Math.round(idleMs / MINUTE_MS) : undefined,
  };
}

/** The words of what was asked for and why, without their plural; undefined where they were erased. */
function wordsOf({ justification, target, role, verdict }: RequestState): ReadonlySet<string> | undefined {
  if (justification === ERASED) return undefined;
  return new Set(partsOf([justification, target, role, verdict.title].join(" ")));
}

/** Whether a table is named by any of its parts: `order_items` by "orders". */
function isNamed(table: string, words: ReadonlySet<string>): boolean {
  return partsOf(table).some((part) => words.has(part));
}

/** The longer words of a text, in lower case and without their plural. */
function partsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{3,}/gu) ?? [];
  return words.map((word) => word.replace(/ies$/, "y").replace(/(?<=..)s$/, ""));
}
