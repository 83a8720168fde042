import type { Task } from "../domain/agenda.ts";
import type { NewEvent } from "../domain/events.ts";
import { CLOCK } from "../domain/people.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded, CodedError } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import { principalName } from "../providers/principal-name.ts";
import type { Handle } from "../providers/provider.ts";
import type { Credentials } from "../vault/credentials.ts";
import type { Targets } from "./targets.ts";
import type { Turns } from "./turns.ts";

/** How long a target may take to take access away, and again to be read back. */
const REVOKE_LIMIT_MS = 20_000;

export interface TakeAwayOptions {
  readonly ledger: Ledger;
  readonly targets: Targets;
  readonly credentials: Credentials;
  readonly turns: Turns;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** What a revoke came to: when the target was read back and nothing was left, and what was done there. */
interface Gone {
  readonly at: number;
  readonly done: readonly string[];
}

/** Takes access away, and says so only after the target was read back. */
export class TakeAway {
  readonly #options: TakeAwayOptions;
  /** What was ended while the ledger was away, until it can be recorded. */
  readonly #unrecorded = new Map<string, Gone>();

  constructor(options: TakeAwayOptions) {
    this.#options = options;
  }

  /**
   * Carries out a revoke task, with its entries. A failure is recorded too, and the agenda has the next try. A ledger that
   * takes no entry delays no revoke: it is done without, and recorded by a later look.
   */
  async recorded(state: RequestState, { attempt, started }: Extract<Task, { kind: "revoke" }>): Promise<void> {
    const { ledger, now, log, credentials } = this.#options;
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
      const lateMs = Math.max(0, gone.at - endAt);
      event = { type: "RevokeSucceeded", actor: CLOCK, data: { lateMs, attempt, done: [...gone.done] } };
    } catch (thrown) {
      const { code, message } = asCoded(thrown);
      log.error("a revoke failed", { request: state.id, target: state.target, attempt, error: thrown });
      event = { type: "RevokeFailed", actor: CLOCK, data: { attempt, code, problem: message } };
    }
    await ledger.record({ id: state.id, state: current, events: [event], at: now() });
    this.#unrecorded.delete(state.id);
    if (event.type === "RevokeSucceeded") await credentials.drop(state.id);
  }

  /** The same without the ledger: what was done is kept until it can be recorded. Never throws. */
  async blind(state: RequestState): Promise<void> {
    if (this.#unrecorded.has(state.id)) return;
    try {
      this.#unrecorded.set(state.id, await this.#end(state));
      this.#options.log.warn("ended while the ledger is away", { request: state.id, target: state.target });
    } catch (error) {
      this.#options.log.error("a revoke failed while the ledger is away", {
        request: state.id,
        target: state.target,
        error,
      });
    }
  }

  /** The exact commands with which a person does it. */
  byHand(state: RequestState): string[] {
    try {
      return [...this.#options.targets.provider(state.target).byHand(handleOf(state))];
    } catch (error) {
      return [`${asCoded(error).message} ${asCoded(error).next}`];
    }
  }

  /** What was ended without an entry is not ended again, unless a grant that was under way came after it. */
  async #endOnce(state: RequestState): Promise<Gone> {
    const before = this.#unrecorded.get(state.id);
    if (before === undefined) return await this.#end(state);
    const left = await this.#options.turns.take(state.target, async () => await this.#left(state));
    return left.length === 0 ? before : await this.#end(state);
  }

  async #end(state: RequestState): Promise<Gone> {
    const { targets, turns, now } = this.#options;
    const provider = targets.provider(state.target);
    return await turns.take(state.target, async () => {
      const done = await provider.revoke(handleOf(state), AbortSignal.timeout(REVOKE_LIMIT_MS));
      const left = await this.#left(state);
      if (left.length > 0) {
        throw new CodedError(
          "NOT_GONE",
          `${left.map(({ name }) => name).join(", ")} is still at ${state.target} after the revoke.`,
        );
      }
      return { at: now(), done };
    });
  }

  /** What of a request's access the target still shows. */
  async #left(state: RequestState): Promise<Handle[]> {
    const own = handleOf(state);
    const found = await this.#options.targets.provider(state.target).list(AbortSignal.timeout(REVOKE_LIMIT_MS));
    return found.filter(
      ({ request, name, ref }) => request === state.id || name === own.name || (ref !== undefined && ref === own.ref),
    );
  }
}

/** What is at the target, or would be if a grant that never answered succeeded after all. */
function handleOf(state: RequestState): Handle {
  return state.grant?.handle ?? { request: state.id, name: principalName(state.id) };
}
