import {
  due,
  foldPlans,
  isRecurring,
  planned,
  ruleName,
  type Plan,
  type Plans,
  type Recurring,
} from "../domain/drill-plan.ts";
import type { NewEvent } from "../domain/events.ts";
import { isOf } from "../domain/open-drill.ts";
import { CLOCK } from "../domain/people.ts";
import type { DrillRule, Policy } from "../domain/policy/schema.ts";
import { isOver, type RequestState } from "../domain/request.ts";
import { asCoded, type CodedError } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { eventsOf } from "../ledger/entry.ts";
import { REHEARSALS } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { Handle } from "./handle.ts";

/** How often it is looked while there is something to do. */
const PERIOD_MS = 5_000;
/** So long at most it is not looked at all: a drill that was begun by hand, or another worker's word, moves the next one. */
const QUIET_MS = 3_600_000;
/** How many periods back the last drill is looked for, before all of them are. */
const PERIODS = 2;

export interface DrillKeeperOptions {
  readonly ledger: Ledger;
  readonly policy: () => Policy;
  readonly handle: Handle;
  readonly announce: (id: string) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Begins the policy's drills when their time has come, has them announced, and pages for what did not run. When that is follows from
 * what is recorded, and so does each drill's id: any number of workers may look at any time, and make one drill between them.
 */
export class DrillKeeper {
  readonly #options: DrillKeeperOptions;
  #nextAt = -Infinity;
  #lookedAt = -Infinity;
  /** The policy that plans were last made by. Two workers with two policies must not make plans in turn. */
  #plannedBy: string | undefined;
  #looking: Promise<void> | undefined;
  readonly #problems = new Map<string, CodedError>();

  constructor(options: DrillKeeperOptions) {
    this.#options = options;
  }

  /** Begins a look, if it is time to and none is under way. */
  begin(): void {
    this.#looking ??= this.look()
      .catch((error: unknown) => {
        this.#options.log.warn("drills could not be looked at; the next look tries again", { error });
      })
      .finally(() => (this.#looking = undefined));
  }

  /** Waits for a look that is under way. */
  async idle(): Promise<void> {
    await this.#looking;
  }

  /** Looks, if it is time to. @throws `LEDGER_UNAVAILABLE` */
  async look(): Promise<void> {
    const { now, policy } = this.#options;
    const { drills, hash } = policy();
    const at = now();
    const isNew = this.#plannedBy !== hash;
    const sinceMs = at - this.#lookedAt;
    // A clock that was set back must not stop it.
    const isEarly = sinceMs >= 0 && (sinceMs < PERIOD_MS || (at < this.#nextAt && sinceMs < QUIET_MS));
    if (isEarly && !isNew) return;
    this.#lookedAt = at;
    const rules = drills.filter(isRecurring);
    this.#nextAt = rules.length === 0 ? Infinity : await this.#lookAt(rules, at, isNew);
    this.#plannedBy = hash;
  }

  /** @returns when it is worth to look again */
  async #lookAt(rules: readonly Recurring[], at: number, isNew: boolean): Promise<number> {
    const { ledger } = this.#options;
    const entries = await ledger.entriesOf(REHEARSALS);
    const plans = foldPlans(eventsOf(entries));
    const found = await Promise.all(rules.map(async (rule) => ({ rule, last: await lastDrill(ledger, rule, at) })));
    const events = found.flatMap(({ rule, last }) => this.#toRecord(rule, last, { plans, at, isNew }));
    if (events.length > 0) {
      await this.#record(entries.length, events, at);
      // What is begun follows from what is recorded.
      return await this.#lookAt(rules, at, false);
    }
    const next = await Promise.all(found.map(async ({ rule, last }) => await this.#begin(rule, last, plans, at)));
    return Math.min(...next);
  }

  #toRecord(
    rule: Recurring,
    last: RequestState | undefined,
    { plans, at, isNew }: { readonly plans: Plans; readonly at: number; readonly isNew: boolean },
  ): NewEvent[] {
    const plan = plans.get(ruleName(rule));
    const plannedNow = plan === undefined || isNew ? planned(rule, plan, last?.openedAt, at) : undefined;
    if (plannedNow !== undefined) return [plannedNow];
    if (plan === undefined || isRunning(last)) return [];
    const { target, role } = rule;
    const { dueAt, announce, missed } = due(rule, plan, last?.openedAt, at);
    const problem = this.#problems.get(ruleName(rule));
    const why =
      problem === undefined ? {} : { code: problem.code, problem: `${problem.message} ${problem.next}`.trim() };
    return [
      ...(announce ? [{ type: "DrillAnnounced", actor: CLOCK, data: { target, role, dueAt } } as const] : []),
      ...(missed ? [{ type: "DrillMissed", actor: CLOCK, data: { target, role, dueAt, ...why } } as const] : []),
    ];
  }

  async #record(version: number, events: readonly NewEvent[], at: number): Promise<void> {
    const { ledger, announce, log } = this.#options;
    try {
      await ledger.recordIn(REHEARSALS, version, events, at);
    } catch (error) {
      // Another worker was first: the next look sees what is left.
      if (!(error instanceof Conflict)) throw error;
      return;
    }
    for (const { type, data } of events) log.info("recorded", { event: type, ...data });
    announce(REHEARSALS);
  }

  /** @returns when it is worth to look again */
  async #begin(rule: Recurring, last: RequestState | undefined, plans: Plans, at: number): Promise<number> {
    const name = ruleName(rule);
    const plan: Plan | undefined = plans.get(name);
    if (plan === undefined || isRunning(last)) return at;
    const { dueAt, begin, nextAt } = due(rule, plan, last?.openedAt, at);
    if (!begin) return nextAt;
    const { target, role, person } = rule;
    try {
      const delivery = `drill ${name} ${person} ${dueAt}`;
      await this.#options.handle({ via: "clock" }, { type: "OpenDrill", target, role, delivery, dueAt });
      this.#problems.delete(name);
    } catch (error) {
      this.#problems.set(name, asCoded(error));
      this.#options.log.warn("a drill can't be begun; the next look tries again", { target, role, error });
    }
    return at;
  }
}

/**
 * The last drill by a rule, whoever began it; undefined where none was.
 *
 * @param at - now, epoch milliseconds
 */
export async function lastDrill(ledger: Ledger, rule: DrillRule, at: number): Promise<RequestState | undefined> {
  const since = async (from: number) =>
    (await ledger.ofPerson(rule.person, from)).states.findLast((state) => isOf(rule, state));
  return (rule.every === undefined ? undefined : await since(at - PERIODS * rule.every)) ?? (await since(0));
}

function isRunning(last: RequestState | undefined): boolean {
  return last !== undefined && !isOver(last);
}
