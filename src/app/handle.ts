import { concernedGroups, decide } from "../domain/decide.ts";
import type { Command, Facts } from "../domain/commands.ts";
import type { NewEvent } from "../domain/events.ts";
import type { Actor, Groups } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Proof } from "../domain/proof.ts";
import type { RequestState } from "../domain/request.ts";
import { CodedError, StepUpNeeded } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import { readGroups } from "./groups.ts";
import { createOpening, type OpeningOptions } from "./opening.ts";
import { isOpening, type Asked, type Later, type Order, type Outcome } from "./order.ts";
import { whois, type ByClock, type Caller } from "./whois.ts";

/**
 * @param proof - where the order was confirmed with a key
 * @throws {@link StepUpNeeded} with a one-time link, where it has to be
 */
export type Handle = (caller: Caller | ByClock, order: Order, proof?: Proof) => Promise<Outcome>;

export interface HandleOptions extends OpeningOptions {
  readonly policy: () => Policy;
  /** Whether a request's credential of this number waits, sealed. */
  readonly credentialWaits: (request: string, number: number) => Promise<boolean>;
  /** Puts "look at this request" on the queues; never fails, and never holds the answer up. */
  readonly wake: (state: RequestState) => void;
  /** Waits the milliseconds between two tries. */
  readonly pause: (ms: number) => Promise<void>;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
}

/** Only what can be confirmed with a key takes a proof. */
function commandOf(order: Later, by: Actor, proof: Proof | undefined): Command {
  switch (order.type) {
    case "Confirm":
    case "Approve":
    case "BreakGlass":
    case "Reveal":
      return { ...order, by, proof };
    default:
      return { ...order, by };
  }
}

const TRIES = 12;

/**
 * The door for people. Every surface's command ends here: the person is found, the request is loaded, {@link decide}
 * decides on facts read now, and what it decided is recorded if nothing moved meanwhile; otherwise all of it again.
 */
export function createHandle(options: HandleOptions): Handle {
  const { ledger, directory, now, wake, keys } = options;
  const open = createOpening(options);

  return async (caller, order, proof) => {
    const policy = options.policy();
    // The platform is asked about the account while the ledger is read, which changes nothing; both are awaited before a decision.
    const asked: Asked = { policy, caller, actor: whois(policy, caller, directory), proof };
    for (let attempt = 1; ; attempt++) {
      try {
        const outcome = isOpening(order) ? await open(asked, order, attempt) : await act(asked, order);
        wake(outcome.state);
        return outcome;
      } catch (error) {
        if (!(error instanceof Conflict) || attempt >= TRIES) throw error;
        await options.pause(options.random() * Math.min(5 * 2 ** attempt, 400));
      }
    }
  };

  async function act(asked: Asked, order: Later): Promise<Outcome> {
    const { policy, actor, proof } = asked;
    const [by, loaded, enrolled] = await Promise.all([actor, ledger.load(order.id), keys()]);
    const state = loaded?.state;
    const groups: Groups = await readGroups(policy, state === undefined ? [] : concernedGroups(state), directory);
    const credentialWaits =
      order.type === "Reveal" && state !== undefined && (await options.credentialWaits(state.id, state.credential));
    const facts: Facts = { now: now(), policy, groups, earlier: [], unreviewed: [], keys: enrolled, credentialWaits };
    const events = await decideOrAsk(
      asked.caller,
      () => decide(state, commandOf(order, by, proof), facts),
      by,
      order.id,
    );
    if (state === undefined) throw new CodedError("INTERNAL", "A request was decided on that is not there.");
    const recorded = await ledger.record({ id: state.id, state, events, at: facts.now });
    return { actor: by, state: recorded.state, events: recorded.events };
  }

  /** Where a click is not enough, whoever clicked is told where to confirm it. */
  async function decideOrAsk(
    caller: Caller | ByClock,
    decided: () => NewEvent[],
    by: Actor,
    about: string,
  ): Promise<NewEvent[]> {
    try {
      return decided();
    } catch (error) {
      if (!(error instanceof StepUpNeeded) || by.person === undefined || caller.via === "clock") throw error;
      const { action } = error;
      throw new StepUpNeeded(action, await options.linkTo({ caller, person: by.person, action, about }));
    }
  }
}
