import { createHash } from "node:crypto";
import { decide, votingGroups } from "../domain/decide.ts";
import type { Command, Facts } from "../domain/commands.ts";
import type { DomainEvent } from "../domain/events.ts";
import type { Actor, Groups } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { RequestState } from "../domain/request.ts";
import { requestId } from "../domain/request-id.ts";
import { CodedError, Refusal } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Directory } from "./directory.ts";
import { approvingGroups, askingGroups, readGroups, withoutUnfit } from "./groups.ts";
import { personOf, whois, type Caller } from "./whois.ts";

type WithoutBy<T> = T extends unknown ? Omit<T, "by"> : never;

/** What somebody asks for: a command whose person is not known yet. `delivery` is the chat platform's own id of the call. */
export type Order =
  | (Extract<WithoutBy<Command>, { type: "OpenRequest" }> & { readonly delivery: string })
  | (Exclude<WithoutBy<Command>, { type: "OpenRequest" }> & { readonly id: string });

/** What was recorded. */
export interface Outcome {
  readonly actor: Actor;
  readonly state: RequestState;
  /** The new events; none when the same call had been recorded before. */
  readonly events: readonly DomainEvent[];
}

export type Handle = (caller: Caller, order: Order) => Promise<Outcome>;

export interface HandleOptions {
  readonly ledger: Ledger;
  readonly policy: () => Policy;
  readonly directory: Directory;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Puts "look at this request" on the queues; never fails, and never holds the answer up. */
  readonly wake: (state: RequestState) => void;
  /** Waits the milliseconds between two tries. */
  readonly pause: (ms: number) => Promise<void>;
  /** 0 to 1, for jitter. */
  readonly random: () => number;
}

/** Who calls, and what is being found out about them. */
interface Asked {
  readonly policy: Policy;
  readonly caller: Caller;
  readonly actor: Promise<Actor>;
}

const TRIES = 12;
/** How far back a person's own requests can matter: no budget and no request lasts longer than a week. */
const EARLIER_MS = 8 * 86_400_000;

/**
 * The door for people. Every surface's command ends here: the person is found, the request is loaded, {@link decide}
 * decides on facts read now, and what it decided is recorded if nothing moved meanwhile; otherwise all of it again.
 */
export function createHandle(options: HandleOptions): Handle {
  const { ledger, directory, now, wake } = options;

  return async (caller, order) => {
    const policy = options.policy();
    // The platform is asked about the account while the ledger is read, which changes nothing; both are awaited before a decision.
    const asked: Asked = { policy, caller, actor: whois(policy, caller, directory) };
    for (let attempt = 1; ; attempt++) {
      try {
        const outcome = order.type === "OpenRequest" ? await open(asked, order, attempt) : await act(asked, order);
        wake(outcome.state);
        return outcome;
      } catch (error) {
        if (!(error instanceof Conflict) || attempt >= TRIES) throw error;
        await options.pause(options.random() * Math.min(5 * 2 ** attempt, 400));
      }
    }
  };

  async function open(
    { policy, caller, actor }: Asked,
    order: Extract<Order, { type: "OpenRequest" }>,
    attempt: number,
  ): Promise<Outcome> {
    const delivery = createHash("sha256").update(order.delivery).digest("hex").slice(0, 32);
    // What is read here at one moment may have moved on at the next: what is recorded is held against it.
    const [by, id, groups, past] = await Promise.all([
      actor,
      place(delivery, attempt),
      groupsOf({ policy, actor }, order),
      earlierOf(caller.via === "cli" ? undefined : personOf(policy, caller.via, caller.account)),
    ]);
    const { person } = by;
    if (person === undefined) throw new Refusal("PERSON_UNKNOWN", "Only a person of the policy can ask for access.");
    const repeated = past.states.find((state) => state.delivery === delivery);
    if (repeated !== undefined) return { actor: by, state: repeated, events: [] };
    const facts: Facts = { now: now(), policy, groups, earlier: past.states };
    const events = decide(undefined, { ...order, by: { ...by, person }, delivery }, facts);
    const recorded = await ledger.record({
      id,
      state: undefined,
      events,
      at: facts.now,
      guard: { person, requests: past.count },
    });
    return { actor: by, state: recorded.state, events: recorded.events };
  }

  /**
   * The id follows from the delivery, so that a repeated call can't make a second request. One that another request has is
   * so rare that it is only looked for after a conflict; the next one is taken then.
   */
  async function place(delivery: string, attempt: number): Promise<string> {
    for (let nth = 0; ; nth++) {
      const id = requestId(createHash("sha256").update(`${delivery} ${nth}`).digest());
      if (attempt === 1) return id;
      const taken = await ledger.load(id);
      if (taken === undefined || taken.state.delivery === delivery) return id;
    }
  }

  /** Who may ask for anything, and who of those that may vote on this can. */
  async function groupsOf(
    { policy, actor }: Pick<Asked, "policy" | "actor">,
    { target, role }: { readonly target: string; readonly role: string },
  ): Promise<Groups> {
    const voting = async (): Promise<Groups> => {
      // Nobody's account is looked up for somebody who may ask for nothing.
      const [groups] = await Promise.all([readGroups(policy, approvingGroups(policy, target, role), directory), actor]);
      return await withoutUnfit(groups, policy, directory);
    };
    const [asking, voters] = await Promise.all([readGroups(policy, askingGroups(policy), directory), voting()]);
    return new Map([...asking, ...voters]);
  }

  async function earlierOf(person: string | undefined): Promise<{ states: RequestState[]; count: number }> {
    if (person === undefined) return { states: [], count: 0 };
    return await ledger.ofPerson(person, now() - EARLIER_MS);
  }

  async function act({ policy, actor }: Asked, order: Exclude<Order, { type: "OpenRequest" }>): Promise<Outcome> {
    const [by, loaded] = await Promise.all([actor, ledger.load(order.id)]);
    const state = loaded?.state;
    const groups: Groups = await readGroups(policy, state === undefined ? [] : votingGroups(state), directory);
    const facts: Facts = { now: now(), policy, groups, earlier: [] };
    const events = decide(state, { ...order, by }, facts);
    if (state === undefined) throw new CodedError("INTERNAL", "A request was decided on that is not there.");
    const recorded = await ledger.record({ id: state.id, state, events, at: facts.now });
    return { actor: by, state: recorded.state, events: recorded.events };
  }
}
