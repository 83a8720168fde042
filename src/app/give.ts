import type { Task } from "../domain/agenda.ts";
import type { EventData, NewEvent } from "../domain/events.ts";
import { CLOCK } from "../domain/people.ts";
import { isToBeGiven, type RequestState } from "../domain/request.ts";
import { asCoded, type Code, type CodedError } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Log } from "../log.ts";
import type { Granted } from "../providers/provider.ts";
import { Asking, mayBeDone, wayOf, type AskingOptions } from "./asking.ts";
import type { CheckOut } from "./check-out.ts";

/** How long a target may take to give access; what it did after that is unknown. Shorter than the grant's lease. */
const GRANT_LIMIT_MS = 30_000;

/** Nothing is asked of a target until a person has mended these, and whoever waits should know. */
const HOLDS: readonly Code[] = ["LEDGER_FORK", "MIRROR_UNWRITABLE"];

export interface GiveOptions extends AskingOptions {
  /** Makes a request the only one to have its target, where only one may. */
  readonly checkOut: CheckOut;
  readonly log: Log;
}

/** Carries out a grant task. */
export type Give = (state: RequestState, task: Extract<Task, { kind: "grant" }>) => Promise<void>;

/**
 * Makes the way in which access is given: first the deadline is durable, in the ledger and in the mirror, then the target
 * is asked, and what it answered is recorded whatever became of the request meanwhile.
 */
export function createGive({ log, checkOut, ...options }: GiveOptions): Give {
  const asking = new Asking(options);
  const heldUp =
    ({ id }: RequestState) =>
    async (thrown: unknown): Promise<never> => {
      const { code, message: problem } = asCoded(thrown);
      if (HOLDS.includes(code)) await hold(options, id, { code, problem });
      throw thrown;
    };

  return async (state, { attempt, deadline }) => {
    const started: NewEvent = { type: "GrantStarted", actor: CLOCK, data: { attempt, deadline } };
    const begin = async () => {
      // What was held up begins anew when the mirror can be written, and not before: each beginning is told, and keeps other workers off.
      if (state.held !== undefined) await options.mirror.catchUp();
      return await asking.intend(state, started);
    };
    const { state: granting, durable } = await begin().catch(heldUp(state));
    await durable().catch(heldUp(state));
    const outcome = await checkOut(state, deadline)
      .then(async () => await asking.ask(state, { deadline, number: 0, limitMs: () => GRANT_LIMIT_MS }))
      .catch((thrown: unknown) => asCoded(thrown));
    await asking.record(granting, eventOf(outcome, attempt, deadline));
    if (outcome instanceof Error)
      log.warn("a grant failed", { request: state.id, target: state.target, error: outcome });
  };
}

/** Records why nothing is given yet, once for each reason, whoever finds it. */
async function hold(
  { ledger, now }: Pick<AskingOptions, "ledger" | "now">,
  id: string,
  why: EventData<"GrantHeld">,
): Promise<void> {
  for (;;) {
    const state = (await ledger.load(id))?.state;
    if (state === undefined || !isToBeGiven(state)) return;
    if (state.held?.some(({ code }) => code === why.code) === true) return;
    try {
      await ledger.record({ id, state, events: [{ type: "GrantHeld", actor: CLOCK, data: why }], at: now() });
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
}

function eventOf(outcome: Granted | CodedError, attempt: number, deadline: number): NewEvent {
  if (!(outcome instanceof Error)) {
    const { handle, credential } = outcome;
    const way = wayOf(outcome);
    const data = { attempt, deadline, handle, credential: credential !== undefined, ...(way !== undefined && { way }) };
    return { type: "GrantSucceeded", actor: CLOCK, data };
  }
  const { code, message: problem } = outcome;
  // Whatever else went wrong, access may be there.
  return { type: "GrantFailed", actor: CLOCK, data: { attempt, code, problem, unknown: mayBeDone(outcome) } };
}
