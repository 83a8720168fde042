import type { Task } from "../domain/agenda.ts";
import type { EventData, NewEvent } from "../domain/events.ts";
import { CLOCK } from "../domain/people.ts";
import { wasOpened, type RequestState } from "../domain/request.ts";
import { asCoded } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { Credentials } from "../vault/credentials.ts";
import { endAccess, handleOf, leftOf } from "./end-access.ts";
import { byHand } from "./end-overdue.ts";
import type { Targets } from "./targets.ts";
import type { Turns } from "./turns.ts";

export interface TakeAwayOptions {
  readonly ledger: Ledger;
  readonly targets: Targets;
  readonly credentials: Credentials;
  readonly turns: Turns;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** How long it may take to see whether a secret was rotated. */
const SECRET_LIMIT_MS = 5_000;

/** What a revoke came to: when the target was read back and nothing was left, and what was done there. */
interface Gone {
  readonly at: number;
  readonly done: readonly string[];
  /** When it was done, before that. */
  readonly revokedAt: number;
  /** The ledger took no entry then. */
  readonly unentered?: true;
}

/** Takes access away, and says so only after the target was read back. */
export class TakeAway {
  readonly #options: TakeAwayOptions;
  /** What was ended, until it is recorded. */
  readonly #unrecorded = new Map<string, Gone>();

  constructor(options: TakeAwayOptions) {
    this.#options = options;
  }

  /**
   * Carries out a revoke task, with its entries. A failure is recorded too, and the agenda has the next try. A ledger that
   * takes no entry delays no revoke: it is done without, and recorded by a later look.
   */
  async recorded(state: RequestState, { attempt, started }: Extract<Task, { kind: "revoke" }>): Promise<void> {
    const { ledger, now, log } = this.#options;
    let current = state;
    if (!started) {
      const event: NewEvent = {
        type: "RevokeStarted",
        actor: CLOCK,
        data: { cause: "deadline", endAt: state.deadline ?? now() },
      };
      try {
        current = (await ledger.record({ id: state.id, state, events: [event], at: now() })).state;
      } catch (error) {
        if (asCoded(error).code === "LEDGER_UNAVAILABLE") await this.blind(state);
        throw error;
      }
    }
    const endAt = current.ending?.endAt ?? now();
    let event: NewEvent;
    try {
      const gone = await this.#endOnce(current);
      this.#unrecorded.set(state.id, gone);
      await this.#forget(current);
      const lateMs = Math.max(0, gone.at - endAt);
      const secret = await this.#secretOf(current);
      const ofDrill = current.drill && { revokedAt: gone.revokedAt };
      const data = { lateMs, attempt, done: [...gone.done], secret, ...ofDrill };
      const marked = gone.unentered === true ? { ...data, goneAt: gone.at } : data;
      event = { type: "RevokeSucceeded", actor: CLOCK, data: marked };
    } catch (thrown) {
      const { code, message } = asCoded(thrown);
      log.error("a revoke failed", { request: state.id, target: state.target, attempt, error: thrown });
      event = { type: "RevokeFailed", actor: CLOCK, data: { attempt, code, problem: message } };
    }
    try {
      await ledger.record({ id: state.id, state: current, events: [event], at: now() });
    } catch (error) {
      // Whoever recorded something else on it meanwhile shows that the ledger was there.
      const gone = this.#unrecorded.get(state.id);
      if (gone !== undefined && !(error instanceof Conflict))
        this.#unrecorded.set(state.id, { ...gone, unentered: true });
      throw error;
    }
    this.#unrecorded.delete(state.id);
  }

  /** What no longer works need not wait any more. If Redis can't be told, it forgets by itself at the deadline. */
  async #forget({ id, rotations }: RequestState): Promise<void> {
    const { credentials, log } = this.#options;
    await credentials.dropAll(id, rotations).catch((error: unknown) => {
      log.warn("a sealed credential could not be removed", { request: id, error });
    });
  }

  /** The same without the ledger: what was done is kept until it can be recorded. Never throws. */
  async blind(state: RequestState): Promise<void> {
    if (this.#unrecorded.has(state.id)) return;
    try {
      this.#unrecorded.set(state.id, { ...(await this.#end(state)), unentered: true });
      this.#options.log.warn("ended while the ledger is away", { request: state.id, target: state.target });
    } catch (error) {
      this.#options.log.error("a revoke failed while the ledger is away", {
        request: state.id,
        target: state.target,
        error,
      });
    }
  }

  /** What became of a secret that its target has before and after. */
  async #secretOf(state: RequestState): Promise<EventData<"RevokeSucceeded">["secret"]> {
    const { target, grant } = state;
    const provider = this.#options.targets.provider(target);
    if (grant?.outcome !== "given" || provider.isRotated === undefined) return undefined;
    if (await provider.isRotated(handleOf(state), AbortSignal.timeout(SECRET_LIMIT_MS))) return "rotated";
    return wasOpened(state) ? "burnt" : "unopened";
  }

  /** The exact commands with which a person does it. */
  byHand(state: RequestState): string[] {
    return byHand(this.#options.targets, state);
  }

  /** What was ended without an entry is not ended again, unless a grant that was under way came after it. */
  async #endOnce(state: RequestState): Promise<Gone> {
    const before = this.#unrecorded.get(state.id);
    if (before === undefined) return await this.#end(state);
    const { turns, targets } = this.#options;
    const left = await turns.take(state.target, async () => await leftOf(targets, state));
    return left.length === 0 ? before : await this.#end(state);
  }

  async #end(state: RequestState): Promise<Gone> {
    const { targets, turns, now } = this.#options;
    return await turns.take(state.target, async () => {
      const { done, revokedAt } = await endAccess(targets, state, now);
      return { at: now(), done, revokedAt };
    });
  }
}
