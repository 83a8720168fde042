import { CLOCK } from "../domain/people.ts";
import type { NewEvent } from "../domain/events.ts";
import { asCoded } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { eventsOf } from "../ledger/entry.ts";
import { REHEARSALS } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { CheckMemory } from "./check-memory.ts";
import type { Targets } from "./targets.ts";
import type { Turns } from "./turns.ts";

/** How often a target that is well is looked at, and one that is not. */
const WELL_MS = 3_600_000;
const UNWELL_MS = 60_000;
/** What fails is looked at once more before anybody is told. */
const SECOND_LOOK_MS = 5_000;
/** How often a worker sees whether it is time; one that has just started leaves the targets alone for that long. */
const EVERY_MS = 60_000;
const LIMIT_MS = 20_000;
/** An entry is small, and a message too. */
const PROBLEMS_MAX = 5;
const PROBLEM_MAX = 500;

export interface TargetChecksOptions {
  readonly ledger: Ledger;
  readonly targets: Targets;
  readonly turns: Turns;
  readonly memory: CheckMemory;
  readonly announce: (id: string) => void;
  /** Waits so many milliseconds; throws when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Asks each target once an hour, quietly, whether access to it could be given now. One that doesn't pass is told once, and once when it
 * passes again; until then it is asked each minute. Of several workers one asks.
 */
export class TargetChecks {
  readonly #options: TargetChecksOptions;
  readonly #startedAt: number;
  readonly #running = new Map<string, Promise<void>>();
  readonly #lookedAt = new Map<string, number>();
  readonly #stopping = new AbortController();

  constructor(options: TargetChecksOptions) {
    this.#options = options;
    this.#startedAt = options.now();
  }

  /** Begins with every target whose time has come. One that hangs delays no other. */
  begin(): void {
    const { targets, now } = this.#options;
    const at = now();
    for (const target of targets.names) {
      const since = this.#lookedAt.get(target) ?? this.#startedAt;
      if (this.#running.has(target) || isWithin(at, since, EVERY_MS)) continue;
      const look = this.#lookAt(target, at).finally(() => this.#running.delete(target));
      this.#running.set(target, look);
    }
  }

  /** Waits for what is under way. */
  async idle(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  /** Gives up what is under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.idle();
  }

  async #lookAt(target: string, at: number): Promise<void> {
    const { memory, log } = this.#options;
    this.#lookedAt.set(target, at);
    try {
      const before = await memory.read(target);
      const isRecent = before !== undefined && isWithin(at, before.at, before.ok ? WELL_MS : UNWELL_MS);
      if (isRecent || !(await memory.claim(target, UNWELL_MS - 2 * SECOND_LOOK_MS))) return;
      const problems = await this.#problemsOf(target);
      await memory.remember(target, { at, ok: problems.length === 0 });
      await this.#recordChange(target, problems);
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        log.warn("a target could not be checked; the next minute tries again", { target, error });
    }
  }

  async #problemsOf(target: string): Promise<readonly string[]> {
    const first = await this.#look(target);
    if (first.length === 0) return first;
    await this.#options.pause(SECOND_LOOK_MS, this.#stopping.signal);
    return await this.#look(target);
  }

  async #look(target: string): Promise<readonly string[]> {
    const { targets, turns } = this.#options;
    try {
      const signal = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), this.#stopping.signal]);
      const { ok, problems } = await turns.take(target, async () => await targets.provider(target).check(signal));
      return ok ? [] : problems.length > 0 ? problems : ["It says that it can't work, but not why."];
    } catch (error) {
      if (this.#stopping.signal.aborted) throw error;
      return [asCoded(error).message];
    }
  }

  /** What is as it was told before is no news. */
  async #recordChange(target: string, problems: readonly string[]): Promise<void> {
    const { ledger, now, announce, log } = this.#options;
    const entries = await ledger.entriesOf(REHEARSALS);
    const before = eventsOf(entries).findLast(
      ({ type, data }) => type.startsWith("TargetCheck") && "target" in data && data.target === target,
    );
    const wasWell = before?.type !== "TargetCheckFailed";
    if (wasWell === (problems.length === 0)) return;
    const event: NewEvent = wasWell
      ? { type: "TargetCheckFailed", actor: CLOCK, data: { target, problems: told(problems) } }
      : { type: "TargetCheckPassed", actor: CLOCK, data: { target } };
    try {
      await ledger.recordIn(REHEARSALS, entries.length, [event], now());
    } catch (error) {
      // Something else was recorded meanwhile: the next minute looks again.
      if (!(error instanceof Conflict)) throw error;
      return;
    }
    log.warn("recorded", { event: event.type, target, problems });
    announce(REHEARSALS);
  }
}

/** A clock that was set back must not stop it. */
function isWithin(at: number, since: number, ms: number): boolean {
  return at >= since && at < since + ms;
}

function told(problems: readonly string[]): string[] {
  return problems.slice(0, PROBLEMS_MAX).map((problem) => problem.slice(0, PROBLEM_MAX));
}
