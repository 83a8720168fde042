import type { Task } from "../domain/agenda.ts";
import type { NewEvent } from "../domain/events.ts";
import { CLOCK } from "../domain/people.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded, CodedError } from "../errors.ts";
import { Fork } from "../ledger/mirror.ts";
import type { Granted } from "../providers/provider.ts";
import { Asking, mayBeDone, wayOf } from "./asking.ts";
import type { GiveOptions } from "./give.ts";

/** How long a target may take for a fresh secret: whoever ends the access meanwhile waits that long at most. */
const ROTATE_LIMIT_MS = 10_000;

/** Carries out a rotation. */
export type Rotate = (state: RequestState, task: Extract<Task, { kind: "rotate" }>) => Promise<void>;

/**
 * Makes the way in which a fresh secret is made: the target is asked for the same access once more, to the same deadline, and the
 * newest secret is the one that works. What is under way at the deadline is given up, so that it holds no revoke up; and what comes
 * after the end is taken back, as a late grant is. What is sealed of an account may be another generation by now: that one is checked out
 * too before it is opened.
 */
export function createRotate({ log, checkOut, ...options }: GiveOptions): Rotate {
  const asking = new Asking(options);

  const limitMs = (deadline: number) => () => {
    const leftMs = deadline - options.now();
    if (leftMs <= 0)
      throw new CodedError("TOO_LATE", "Its time was up before the target was asked.", {
        next: "Ask for access again.",
      });
    return Math.min(ROTATE_LIMIT_MS, leftMs);
  };

  return async (state, { number, attempt, deadline }) => {
    const started: NewEvent = { type: "CredentialRotationStarted", actor: CLOCK, data: { number, attempt } };
    const tried = async (): Promise<{ readonly of: RequestState; readonly outcome: Granted | CodedError }> => {
      const { state: of, durable } = await asking.intend(state, started);
      const outcome = await durable().then(
        async () =>
          await checkOut(state, deadline)
            .then(async () => await asking.ask(state, { deadline, number, limitMs: limitMs(deadline) }))
            .catch((thrown: unknown) => asCoded(thrown)),
        () =>
          new CodedError("MIRROR_UNWRITABLE", "What the target is to be asked is not on disk.", {
            next: "Rotate again.",
          }),
      );
      return { of, outcome };
    };
    const { of, outcome } = await tried().catch((thrown: unknown) => {
      // Whoever waits for it has the one before, and is told.
      if (thrown instanceof Fork) return { of: state, outcome: thrown };
      throw thrown;
    });
    await asking.record(of, eventOf(outcome, number, attempt));
    if (outcome instanceof Error)
      log.warn("a fresh credential could not be made", { request: state.id, target: state.target, error: outcome });
  };
}

function eventOf(outcome: Granted | CodedError, number: number, attempt: number): NewEvent {
  if (outcome instanceof Error) {
    const { code, message: problem } = outcome;
    // One that began before and has no answer may have made it, whatever became of this one.
    const data = { number, attempt, code, problem, unknown: attempt > 1 || mayBeDone(outcome) };
    return { type: "CredentialRotationFailed", actor: CLOCK, data };
  }
  if (outcome.credential === undefined) {
    const problem = "The target made no secret this time.";
    const data = { number, attempt, code: "TARGET_REFUSED", problem, unknown: false };
    return { type: "CredentialRotationFailed", actor: CLOCK, data };
  }
  const way = wayOf(outcome);
  const data = { number, attempt, handle: outcome.handle, ...(way !== undefined && { way }) };
  return { type: "CredentialRotated", actor: CLOCK, data };
}
