import type { Task } from "../domain/agenda.ts";
import type { NewEvent } from "../domain/events.ts";
import { CLOCK } from "../domain/people.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded, type Code, type CodedError } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Mirror } from "../ledger/mirror.ts";
import type { Log } from "../log.ts";
import type { Granted } from "../providers/provider.ts";
import type { Credentials } from "../vault/credentials.ts";
import type { CheckOut } from "./check-out.ts";
import type { Targets } from "./targets.ts";
import type { Turns } from "./turns.ts";

/** How long a target may take to give access; what it did after that is unknown. Shorter than the grant's lease. */
const GRANT_LIMIT_MS = 30_000;

export interface GiveOptions {
  readonly ledger: Ledger;
  readonly mirror: Mirror;
  readonly targets: Targets;
  readonly credentials: Credentials;
  readonly turns: Turns;
  /** Makes a request the only one to have its target, where only one may. */
  readonly checkOut: CheckOut;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** Carries out a grant task. */
export type Give = (state: RequestState, task: Extract<Task, { kind: "grant" }>) => Promise<void>;

/**
 * Makes the way in which access is given: first the deadline is durable, in the ledger and in the mirror, then the target
 * is asked, and what it answered is recorded whatever became of the request meanwhile.
 */
export function createGive(options: GiveOptions): Give {
  const { ledger, mirror, targets, credentials, turns, checkOut, now, log } = options;

  return async (state, { attempt, deadline }) => {
    const started: NewEvent = { type: "GrantStarted", actor: CLOCK, data: { attempt, deadline } };
    const { state: granting, events } = await ledger.record({ id: state.id, state, events: [started], at: now() });
    await mirror.has(events.at(-1)?.seq ?? 0);
    const outcome = await ask(state, deadline).catch((thrown: unknown) => asCoded(thrown));
    await record(granting, eventOf(outcome, attempt, deadline));
    if (outcome instanceof Error)
      log.warn("a grant failed", { request: state.id, target: state.target, error: outcome });
  };

  async function ask(state: RequestState, deadline: number): Promise<Granted> {
    const { id: request, requester: person, target, verdict } = state;
    const provider = targets.provider(target);
    await checkOut(state, deadline);
    const granted = await turns.take(
      target,
      async () =>
        await provider.grant({ request, person, role: verdict.grant, deadline }, AbortSignal.timeout(GRANT_LIMIT_MS)),
    );
    const { credential } = granted;
    if (credential !== undefined) {
      const { user, connect } = credential;
      await credentials.put(request, { user, password: credential.password.reveal(), connect }, deadline);
    }
    return granted;
  }

  /** The target did what it did: that is recorded on the request as it now is, and what follows from it is the next look's. */
  async function record(granting: RequestState, event: NewEvent): Promise<void> {
    const { id } = granting;
    for (let state: RequestState | undefined = granting; ; state = (await ledger.load(id))?.state) {
      try {
        await ledger.record({ id, state, events: [event], at: now() });
        return;
      } catch (error) {
        if (!(error instanceof Conflict)) throw error;
      }
    }
  }
}

const NOTHING_GIVEN: readonly Code[] = ["TARGET_UNREACHABLE", "TARGET_REFUSED", "SEALED_OUT", "SEALED_BURNT"];

function eventOf(outcome: Granted | CodedError, attempt: number, deadline: number): NewEvent {
  if (!(outcome instanceof Error)) {
    const { handle, credential } = outcome;
    const data = { attempt, deadline, handle, credential: credential !== undefined };
    return { type: "GrantSucceeded", actor: CLOCK, data };
  }
  // Only these surely left nothing behind; whatever else went wrong, access may be there.
  const unknown = !NOTHING_GIVEN.includes(outcome.code);
  return {
    type: "GrantFailed",
    actor: CLOCK,
    data: { attempt, code: outcome.code, problem: outcome.message, unknown },
  };
}
