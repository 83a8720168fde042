import { nextLook, outstanding, type Task } from "../domain/agenda.ts";
import { scoreOf } from "../domain/drill-score.ts";
import { chooseReviewer } from "../domain/decide-review.ts";
import type { NewEvent } from "../domain/events.ts";
import { CLOCK, peopleOf } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { RequestState } from "../domain/request.ts";
import type { ReviewTerms } from "../domain/review.ts";
import { begunBy } from "../domain/standing.ts";
import { asCoded, CodedError } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import { untraced, type Trace } from "../trace.ts";
import type { Directory } from "./directory.ts";
import type { Give } from "./give.ts";
import type { Rotate } from "./rotate.ts";
import { readGroups, withoutUnfit } from "./groups.ts";
import type { TryDrill } from "./try-drill.ts";
import type { TakeAway } from "./take-away.ts";

export interface PerformOptions {
  readonly ledger: Ledger;
  readonly policy: () => Policy;
  readonly directory: Directory;
  readonly give: Give;
  readonly rotate: Rotate;
  readonly takeAway: TakeAway;
  readonly tryDrill: TryDrill;
  /** The requests that may have access by what is known outside Redis. */
  readonly withAccess: () => readonly RequestState[];
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Tells chat that something new is recorded; never fails. The look itself goes on until nothing is left to do. */
  readonly announce: (id: string) => void;
  /** False until every overdue revoke has been tried once since the start. */
  readonly mayGrant: () => boolean;
  readonly trace?: Trace;
  readonly log: Log;
}

/** The tasks that ask something of a target; the others only record that a time has come. */
type Act = Extract<Task, { kind: "grant" | "rotate" | "revoke" | "try-drill" }>;

/**
 * The door for the clock. It looks at a request, does what is outstanding, and looks again until nothing is. It may be
 * called at any time, any number of times, by anyone: what there is to do follows from the ledger alone.
 */
export class Perform {
  readonly #options: PerformOptions;
  /** Requests whose target is being asked something by this process now. */
  readonly #acting = new Map<string, Promise<void>>();

  constructor(options: PerformOptions) {
    this.#options = options;
  }

  /**
   * Does what is outstanding for a request.
   *
   * @returns when it wants the next look, epoch milliseconds; undefined when never, or when somebody is at it
   * @throws `LEDGER_UNAVAILABLE` and what the ledger throws; a target's failures are recorded, not thrown
   */
  async look(id: string): Promise<number | undefined> {
    for (;;) {
      const loaded = await this.#options.ledger.load(id);
      if (loaded === undefined) return undefined;
      const { state } = loaded;
      const tasks = outstanding(state, this.#options.now());
      const record = tasks.find((task) => !isAct(task));
      const act = tasks.find(isAct);
      try {
        if (record !== undefined) await this.#record(state, record);
        else if (act === undefined) return nextLook(state);
        else if (!(await this.#act(state, act))) return undefined;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }

  /**
   * Ends what is overdue by what is known outside Redis: while the ledger is away, or holds less. Recorded when it takes it.
   */
  async revokeBlind(): Promise<void> {
    const { withAccess, now } = this.#options;
    const overdue = withAccess().filter((state) => endOf(state) <= now());
    await Promise.all(
      overdue.map(async (state) => {
        await this.#exclusively(state.id, async () => {
          await this.#options.takeAway.blind(state);
        });
      }),
    );
  }

  /** The first end after a moment, by the same knowledge; epoch milliseconds. */
  nextBlind(after: number): number | undefined {
    const next = Math.min(
      ...this.#options
        .withAccess()
        .map(endOf)
        .filter((at) => at > after),
    );
    return next === Infinity ? undefined : next;
  }

  /** Waits until no target is being asked anything by this process. */
  async idle(): Promise<void> {
    await Promise.allSettled(this.#acting.values());
  }

  /** @returns whether another look is worth it */
  async #act(state: RequestState, task: Act): Promise<boolean> {
    const { give, rotate, takeAway, tryDrill, mayGrant, announce, trace = untraced } = this.#options;
    if (task.kind !== "revoke" && !mayGrant()) return false;
    const { id: request, target, role } = state;
    const attempt = "attempt" in task ? { attempt: task.attempt } : {};
    const about = { request, attributes: { target, role, ...attempt }, level: "step" } as const;
    const act = async () => {
      let isTold = false;
      try {
        if (task.kind === "grant") await give(state, task);
        else if (task.kind === "rotate") await rotate(state, task);
        else if (task.kind === "try-drill") await tryDrill(state);
        else await takeAway.recorded(state, task);
      } catch (thrown) {
        const { code } = asCoded(thrown);
        // What holds it up was told when it was found first, and is found again each second.
        isTold = state.held?.some((each) => each.code === code) === true;
        throw thrown;
      } finally {
        // What was recorded of it before it failed is told too.
        if (!isTold) announce(state.id);
      }
    };
    return await this.#exclusively(state.id, async () => {
      await trace.span(task.kind, about, act);
    });
  }

  /** One call to a target at a time for each request, in this process. @returns whether it was our turn */
  async #exclusively(id: string, call: () => Promise<void>): Promise<boolean> {
    if (this.#acting.has(id)) return false;
    const acting = call().finally(() => this.#acting.delete(id));
    this.#acting.set(id, acting);
    await acting;
    return true;
  }

  async #record(state: RequestState, task: Exclude<Task, Act>): Promise<void> {
    const { ledger, now, announce, log } = this.#options;
    const at = now();
    const event = await this.#eventOf(state, task, at);
    await ledger.record({ id: state.id, state, events: [event], at });
    log.info("recorded", { request: state.id, event: event.type });
    announce(state.id);
  }

  async #eventOf(state: RequestState, task: Exclude<Task, Act>, at: number): Promise<NewEvent> {
    switch (task.kind) {
      case "lapse":
        return { type: "RequestLapsed", actor: CLOCK, data: {} };
      case "escalate": {
        const { policy, directory } = this.#options;
        const groups = await withoutUnfit(await readGroups(policy(), task.to, directory), policy(), directory);
        const called = peopleOf(groups, task.to).filter(
          (person) => person !== state.requester && person !== begunBy(state),
        );
        return { type: "RequestEscalated", actor: CLOCK, data: { step: task.step, to: [...task.to], called } };
      }
      case "vote-drill": {
        const actor = { person: task.approver, via: "clock" } as const;
        return { type: "ApprovalGiven", actor, data: { votes: 1, quorum: 1 } };
      }
      case "score-drill": {
        const { drill } = state;
        if (drill === undefined) throw new CodedError("INTERNAL", "What is no drill has no score.");
        return { type: "DrillScored", actor: CLOCK, data: scoreOf({ ...state, drill }) };
      }
      case "offer-emergency":
        return { type: "EmergencyOffered", actor: CLOCK, data: { maxMs: task.maxMs } };
      case "warn":
        return { type: "ExpiryWarned", actor: CLOCK, data: { leftMs: Math.max(0, (state.deadline ?? at) - at) } };
      case "give-up": {
        const why = state.held?.at(-1)?.problem;
        const problem =
          why === undefined
            ? "no worker came to it before its own deadline."
            : `it was held up until its deadline: ${why}`;
        return {
          type: "GrantFailed",
          actor: CLOCK,
          data: { attempt: task.attempt, code: "TOO_LATE", problem, unknown: false },
        };
      }
      case "overdue": {
        const lateMs = at - (state.ending?.endAt ?? at);
        const commands = task.stage === "page" ? [] : this.#options.takeAway.byHand(state);
        return { type: "RevokeOverdue", actor: CLOCK, data: { stage: task.stage, lateMs, commands } };
      }
      case "open-review":
        return await this.#reviewOpened(state, task.terms, at);
      case "remind-review":
        return { type: "ReviewReminded", actor: CLOCK, data: { overdue: task.overdue, leftMs: task.dueAt - at } };
      case "remind-follow-up":
        return { type: "FollowUpReminded", actor: CLOCK, data: { nth: task.nth } };
    }
  }

  async #reviewOpened(state: RequestState, { by, dueMs }: ReviewTerms, at: number): Promise<NewEvent> {
    const { policy, directory } = this.#options;
    const groups = await withoutUnfit(await readGroups(policy(), by, directory), policy(), directory);
    const dueAt = (state.endedAt ?? at) + dueMs;
    const reviewer = chooseReviewer(state, groups, by);
    return { type: "ReviewOpened", actor: CLOCK, data: { reviewer, by, dueAt } };
  }
}

function endOf({ deadline = Infinity, ending }: RequestState): number {
  return ending?.endAt ?? deadline;
}

function isAct(task: Task): task is Act {
  return ["grant", "rotate", "revoke", "try-drill"].includes(task.kind);
}
