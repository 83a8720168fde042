import type { Activity } from "../domain/activity.ts";
import type { DomainEvent } from "../domain/events.ts";
import { foldKeys, NO_KEYS, type EnrolledKey } from "../domain/keys.ts";
import { evolve, type RequestState } from "../domain/request.ts";
import { checkNotes } from "../ledger/check-entry.ts";
import { eventOf, hashedText, sha256, type Entry } from "../ledger/entry.ts";
import type { Inclusion } from "../ledger/inclusion.ts";
import { StepUpAudit } from "./step-up-audit.ts";

/** An entry of a request, what it means, and the request right after it. */
export interface Step {
  readonly entry: Entry;
  /** Undefined for what a later version wrote. */
  readonly event: DomainEvent | undefined;
  readonly after: RequestState | undefined;
  /** Whether its content has its hash, and its notes theirs. */
  readonly holds: boolean;
  /** The names of the notes that were erased. */
  readonly erased: readonly string[];
}

/** What came of checking a confirmation with a key again. `unknown`: something before it didn't hold. */
export type Confirmed = "holds" | "unknown" | { readonly problem: string };

/** Everything that a request's record shows. */
export interface RecordFacts {
  readonly id: string;
  readonly state: RequestState;
  readonly steps: readonly Step[];
  /** By the entry's number. */
  readonly confirmed: ReadonlyMap<number, Confirmed>;
  /** What the audit of confirmations found wrong, if anything. */
  readonly problem: string | undefined;
  /** The keys that signed, by their credential ids. */
  readonly keys: ReadonlyMap<string, EnrolledKey>;
  readonly inclusion: Inclusion | undefined;
  /** Undefined where the recordings can't be read. */
  readonly statements: Statements | undefined;
  readonly recordings: readonly RecordingCheck[];
}

/** What a recording turned out to be by what the ledger says of it. */
export interface RecordingCheck {
  readonly name: string;
  /** How many of the ledger's words on it hold. */
  readonly held: number;
  readonly problem?: string;
}

/** What was run under a request's access, read from its recordings. */
export interface Ran {
  readonly statements: AsyncIterable<Activity> | Iterable<Activity>;
  readonly recordings: readonly RecordingCheck[];
}

/** What was run under the access, in order. */
export interface Statements {
  readonly shown: readonly Activity[];
  /** How many more there are. */
  readonly left: number;
}

/** So many statements are shown one by one: more are for the recording itself. */
export const STATEMENTS_SHOWN = 2_000;

/**
 * Gathers what a record shows, from entries and nothing else.
 *
 * @param known - `entries`: the request's; `keys`: those of people's security keys, all of them; `inclusion`: proofs that they are in
 *   the ledger that a checkpoint speaks of; `ran`: what was run, where the recordings are at hand
 * @returns undefined where there is no such request
 */
export async function recordFacts(
  id: string,
  known: {
    readonly entries: readonly Entry[];
    readonly keys: readonly Entry[];
    readonly inclusion?: Inclusion | undefined;
    readonly ran?: Ran | undefined;
  },
): Promise<RecordFacts | undefined> {
  if (known.entries[0]?.request !== id) return undefined;
  const steps = stepsOf(id, known.entries);
  const state = steps.findLast(({ after }) => after !== undefined)?.after;
  if (state === undefined) return undefined;
  const audited = await auditOf([...known.entries, ...known.keys]);
  const events = known.keys.map(eventOf).filter((event) => event !== undefined);
  return {
    ...{ id, state, steps, ...audited },
    keys: enrolledIn(events),
    inclusion: known.inclusion,
    statements: known.ran && (await readStatements(known.ran.statements)),
    recordings: known.ran?.recordings ?? [],
  };
}

function stepsOf(id: string, entries: readonly Entry[]): Step[] {
  let state: RequestState | undefined;
  return entries.map((entry) => {
    const event = eventOf(entry);
    if (event !== undefined) state = evolve(state, event, id);
    const erased = Object.keys(entry.noteHashes ?? {}).filter((name) => entry.notes?.[name] === undefined);
    return { entry, event, after: state, holds: isWhole(entry), erased };
  });
}

function isWhole(entry: Entry): boolean {
  try {
    checkNotes(entry);
    return sha256(hashedText(entry)) === entry.hash;
  } catch {
    return false;
  }
}

/** Holds each confirmation of a request against the keys as they were then. */
async function auditOf(entries: readonly Entry[]): Promise<Pick<RecordFacts, "confirmed" | "problem">> {
  const audit = new StepUpAudit();
  const confirmed = new Map<number, Confirmed>();
  for (const entry of entries.toSorted((one, other) => one.seq - other.seq)) {
    const before = audit.found;
    await audit.see(entry);
    const { checked, problem } = audit.found;
    if (entry.type !== "StepUpPassed") continue;
    if (before.problem !== undefined) confirmed.set(entry.seq, "unknown");
    else if (problem !== undefined) confirmed.set(entry.seq, { problem });
    else if (checked > before.checked) confirmed.set(entry.seq, "holds");
  }
  return { confirmed, problem: audit.found.problem };
}

/** Every key that ever was, as it was enrolled: one that was removed since has signed all the same. */
function enrolledIn(events: readonly DomainEvent[]): Map<string, EnrolledKey> {
  const found = new Map<string, EnrolledKey>();
  let keys = NO_KEYS;
  for (const event of events) {
    keys = foldKeys(keys, [event]);
    if (event.type !== "KeyEnrolled" && event.type !== "KeyRenamed") continue;
    const key = keys.byCredential.get(event.data.credential);
    if (key !== undefined) found.set(key.credential, key);
  }
  return found;
}

async function readStatements(from: Ran["statements"]): Promise<Statements> {
  const shown: Activity[] = [];
  let left = 0;
  for await (const statement of from) {
    if (shown.length < STATEMENTS_SHOWN) shown.push(statement);
    else left += 1;
  }
  return { shown, left };
}
