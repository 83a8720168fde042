import { CLOCK } from "../domain/people.ts";
import type { RequestState } from "../domain/request.ts";
import type { FollowUp } from "../domain/review.ts";
import { asCoded } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { FollowUpMemory } from "./follow-up-memory.ts";
import { followUpKey } from "./follow-up-message.ts";
import { openReviews } from "./open-reviews.ts";

/** How often it is looked for what was not sent. */
const PERIOD_MS = 5_000;
const FIRST_RETRY_MS = 5_000;
const LONGEST_RETRY_MS = 3_600_000;

export interface FollowUpSenderOptions {
  readonly ledger: Ledger;
  readonly memory: FollowUpMemory;
  /** Sends one to the tracker. @throws `FOLLOW_UP_UNSENT` */
  readonly send: (state: RequestState, followUp: FollowUp, signal: AbortSignal) => Promise<void>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Has chat told what is new of a request. */
  readonly announce: (id: string) => void;
  readonly log: Log;
}

/**
 * Sends what reviews agreed on to a tracker, each follow-up once: what was sent is recorded in the ledger, so that any worker can go
 * on where another stopped. Nothing waits for it.
 */
export class FollowUpSender {
  readonly #options: FollowUpSenderOptions;
  readonly #stopped = new AbortController();
  #looking: Promise<void> | undefined;
  #lookedAt = -Infinity;

  constructor(options: FollowUpSenderOptions) {
    this.#options = options;
  }

  /** Begins a look, unless one goes on or the last was just now. */
  begin(): void {
    const now = this.#options.now();
    if (this.#looking !== undefined || Math.abs(now - this.#lookedAt) < PERIOD_MS) return;
    this.#lookedAt = now;
    this.#looking = this.look()
      .catch((error: unknown) => {
        this.#options.log.debug("it could not be looked for follow-ups to send", { error });
      })
      .finally(() => (this.#looking = undefined));
  }

  /** Breaks off what is under way. */
  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#looking;
  }

  /** Sends what is not sent and not waiting for another try. @throws `LEDGER_UNAVAILABLE` */
  async look(): Promise<void> {
    const { ledger, memory, now } = this.#options;
    const [states, failures] = await Promise.all([openReviews(ledger), memory.failures()]);
    const waiting = new Set<string>();
    let isAway = false;
    for (const state of states)
      for (const { nth } of state.review?.followUps.filter(isUnsent) ?? []) {
        const key = followUpKey(state.id, nth);
        waiting.add(key);
        if (isAway || this.#stopped.signal.aborted || (failures.get(key)?.nextAt ?? 0) > now()) continue;
        // One that is away is away for the others too: they are tried at the next look.
        isAway = !(await this.#sendOne(state.id, nth, failures.get(key)?.failures ?? 0));
      }
    // One that was closed meanwhile is no failure any more.
    for (const key of failures.keys()) if (!waiting.has(key)) await memory.forget(key);
  }

  /** @returns false when the tracker did not take it */
  async #sendOne(id: string, nth: number, failures: number): Promise<boolean> {
    const { ledger, memory, send, now, announce, log } = this.#options;
    const key = followUpKey(id, nth);
    if (!(await memory.claim(key))) return true;
    try {
      // Another worker may have sent it since it was looked.
      const state = (await ledger.load(id))?.state;
      const followUp = state?.review?.followUps.find((each) => each.nth === nth);
      if (state === undefined || followUp === undefined || !isUnsent(followUp)) return true;
      await send(state, followUp, this.#stopped.signal);
      await this.#record(id, nth);
      await memory.forget(key);
      announce(id);
      return true;
    } catch (error) {
      if (this.#stopped.signal.aborted) return false;
      const waitMs = Math.min(FIRST_RETRY_MS * 2 ** Math.min(failures, 12), LONGEST_RETRY_MS);
      const { message: problem } = asCoded(error);
      await memory.failed(key, { failures: failures + 1, nextAt: now() + waitMs, problem });
      log.warn("a follow-up could not be sent; it is tried again", { request: id, nth, inMs: waitMs, error });
      return false;
    } finally {
      await memory.release(key);
    }
  }

  /** It is at the tracker: that is recorded however often something else is recorded first. */
  async #record(id: string, nth: number): Promise<void> {
    const { ledger, now } = this.#options;
    for (;;) {
      const state = (await ledger.load(id))?.state;
      const followUp = state?.review?.followUps.find((each) => each.nth === nth);
      if (state === undefined || followUp?.sentAt !== undefined) return;
      try {
        const events = [{ type: "FollowUpSent", actor: CLOCK, data: { nth } } as const];
        await ledger.record({ id, state, events, at: now() });
        return;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }
}

function isUnsent({ doneAt, sentAt }: FollowUp): boolean {
  return doneAt === undefined && sentAt === undefined;
}
