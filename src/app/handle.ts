import { createHash } from "node:crypto";
import type { AccountStanding } from "../domain/accounts.ts";
import { conditionsToSee } from "../domain/automatic.ts";
import { concernedGroups, decide } from "../domain/decide.ts";
import type { Command, CommandOf, Facts } from "../domain/commands.ts";
import { findDrill } from "../domain/open-drill.ts";
import type { DomainEvent, NewEvent } from "../domain/events.ts";
import type { Actor, Groups } from "../domain/people.ts";
import type { Keys } from "../domain/keys.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { Proof } from "../domain/proof.ts";
import { anyGate } from "../domain/review-rules.ts";
import type { RequestState } from "../domain/request.ts";
import { requestId } from "../domain/request-id.ts";
import { CodedError, Refusal, StepUpNeeded, type ProvenAction } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Directory } from "./directory.ts";
import { accountOf, readAccounts, standingOf } from "./check-out.ts";
import { approvingGroups, askingGroups, readGroups, withoutUnfit } from "./groups.ts";
import { openReviews } from "./open-reviews.ts";
import type { SeeFacts } from "./see-facts.ts";
import { personOf, whois, type ByClock, type Caller } from "./whois.ts";

type WithoutBy<T> = T extends unknown ? Omit<T, "by" | "proof"> : never;

/** What somebody asks for: a command whose person is not known yet. `delivery` is the chat platform's own id of the call. */
export type Order = Opening | (Exclude<WithoutBy<Command>, { type: Opening["type"] }> & { readonly id: string });

type Opening = Extract<WithoutBy<Command>, { type: "OpenRequest" | "OpenDrill" }> & { readonly delivery: string };

/** What was recorded. */
export interface Outcome {
  readonly actor: Actor;
  readonly state: RequestState;
  /** The new events; none when the same call had been recorded before. */
  readonly events: readonly DomainEvent[];
  /** A one-time link, for this person only: the request counts once it is confirmed there with a key. */
  readonly confirm?: string;
}

/**
 * @param proof - where the order was confirmed with a key
 * @throws {@link StepUpNeeded} with a one-time link, where it has to be
 */
export type Handle = (caller: Caller | ByClock, order: Order, proof?: Proof) => Promise<Outcome>;

export interface HandleOptions {
  readonly ledger: Ledger;
  readonly policy: () => Policy;
  readonly directory: Directory;
  /** Looks at what policy's approving by itself hangs on; without it, nothing of that holds. */
  readonly seeFacts?: SeeFacts;
  /** The keys that are enrolled now. */
  readonly keys: () => Promise<Keys>;
  /** Whether a request's credential of this number waits, sealed. */
  readonly credentialWaits: (request: string, number: number) => Promise<boolean>;
  /** Makes a one-time link to where something is confirmed. */
  readonly linkTo: (asked: AskedProof) => Promise<string>;
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
  readonly caller: Caller | ByClock;
  readonly actor: Promise<Actor>;
  readonly proof: Proof | undefined;
}

/** Something that has to be confirmed with a key: what, of which request, by whom. */
export interface AskedProof {
  readonly caller: Caller;
  readonly person: string;
  readonly action: ProvenAction;
  readonly about: string;
}

/** Only what can be confirmed with a key takes a proof. */
function commandOf(order: Exclude<Order, Opening>, by: Actor, proof: Proof | undefined): Command {
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

function deliveryHash(delivery: string): string {
  return createHash("sha256").update(delivery).digest("hex").slice(0, 32);
}

function placeOf(delivery: string, nth: number): string {
  return requestId(createHash("sha256").update(`${delivery} ${nth}`).digest());
}

/** The id that a request gets which is opened by a call, unless another has it. `delivery`: the chat platform's own id of the call */
export function firstPlace(delivery: string): string {
  return placeOf(deliveryHash(delivery), 0);
}

function isOpening(order: Order): order is Opening {
  return order.type === "OpenRequest" || order.type === "OpenDrill";
}

/** What of a drill's rule is needed here. @throws `DRILL_UNKNOWN`, and what the actor is refused with */
async function drillOf(policy: Policy, order: Extract<Opening, { type: "OpenDrill" }>, actor: Promise<Actor>) {
  await actor;
  const { target, role, person: drillPerson } = findDrill(policy, order);
  return { target, role, drillPerson };
}

function personBehind(policy: Policy, caller: Caller | ByClock): string | undefined {
  return caller.via === "cli" || caller.via === "clock" ? undefined : personOf(policy, caller.via, caller.account);
}

const TRIES = 12;
/** How far back a person's own requests can matter: no budget and no request lasts longer than a week. */
const EARLIER_MS = 8 * 86_400_000;

/**
 * The door for people. Every surface's command ends here: the person is found, the request is loaded, {@link decide}
 * decides on facts read now, and what it decided is recorded if nothing moved meanwhile; otherwise all of it again.
 */
export function createHandle(options: HandleOptions): Handle {
  const { ledger, directory, now, wake, keys } = options;

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

  async function open({ policy, caller, actor }: Asked, order: Opening, attempt: number): Promise<Outcome> {
    // Which drills there are is told to nobody before it is known who asks.
    const { target, role, drillPerson } =
      order.type === "OpenDrill" ? await drillOf(policy, order, actor) : { ...order, drillPerson: undefined };
    const delivery = deliveryHash(order.delivery);
    // What is read here at one moment may have moved on at the next: what is recorded is held against it.
    const [by, enrolled, id, groups, past, unreviewed, account] = await Promise.all([
      actor,
      keys(),
      place(delivery, attempt),
      groupsOf({ policy, actor }, { target, role, alsoAsked: drillPerson === undefined ? [] : (policy.admins ?? []) }),
      earlierOf(drillPerson ?? personBehind(policy, caller)),
      anyGate(policy) ? openReviews(ledger) : [],
      accountAsked(policy, target),
    ]);
    const person = drillPerson ?? by.person;
    if (person === undefined) throw new Refusal("PERSON_UNKNOWN", "Only a person of the policy can ask for access.");
    const repeated = past.states.find((state) => state.delivery === delivery);
    if (repeated !== undefined) return await withLink(caller, person, { actor: by, state: repeated, events: [] });
    const known = { now: now(), policy, groups, earlier: past.states, unreviewed, account };
    const all: Facts = { ...known, keys: enrolled };
    const asked =
      order.type === "OpenDrill" ? { ...order, by, delivery } : { ...order, by: { ...by, person }, delivery };
    const facts = asked.type === "OpenDrill" ? all : await withSeen(asked, all);
    const events = decide(undefined, asked, facts);
    const recorded = await ledger.record({
      id,
      state: undefined,
      events,
      at: facts.now,
      guard: { person, requests: past.count },
    });
    return await withLink(caller, person, { actor: by, state: recorded.state, events: recorded.events });
  }

  async function withSeen(command: CommandOf<"OpenRequest">, known: Facts): Promise<Facts> {
    const conditions = conditionsToSee(command, known);
    const seen = conditions.length === 0 ? [] : await options.seeFacts?.(known.policy, command, conditions);
    // Looking may have taken seconds.
    return { ...known, now: now(), ...(seen !== undefined && { seen }) };
  }

  /** What is recorded stays so, whether or not there is a link: its requester can ask for another. */
  async function withLink(caller: Caller | ByClock, person: string, outcome: Outcome): Promise<Outcome> {
    const { state } = outcome;
    if (state.phase !== "unconfirmed" || caller.via === "clock") return outcome;
    try {
      return { ...outcome, confirm: await options.linkTo({ caller, person, action: "ask", about: state.id }) };
    } catch {
      return outcome;
    }
  }

  /**
   * The id follows from the delivery, so that a repeated call can't make a second request. One that another request has is
   * so rare that it is only looked for after a conflict; the next one is taken then.
   */
  async function place(delivery: string, attempt: number): Promise<string> {
    for (let nth = 0; ; nth++) {
      const id = placeOf(delivery, nth);
      if (attempt === 1) return id;
      const taken = await ledger.load(id);
      if (taken === undefined || taken.state.delivery === delivery) return id;
    }
  }

  /** Who may ask for anything, and who of those that may vote on this can. */
  async function groupsOf(
    { policy, actor }: Pick<Asked, "policy" | "actor">,
    {
      target,
      role,
      alsoAsked,
    }: { readonly target: string; readonly role: string; readonly alsoAsked: readonly string[] },
  ): Promise<Groups> {
    const voting = async (): Promise<Groups> => {
      // Nobody's account is looked up for somebody who may ask for nothing.
      const [groups] = await Promise.all([readGroups(policy, approvingGroups(policy, target, role), directory), actor]);
      return await withoutUnfit(groups, policy, directory);
    };
    const reading = [...askingGroups(policy), ...alsoAsked];
    const [asking, voters] = await Promise.all([readGroups(policy, reading, directory), voting()]);
    return new Map([...asking, ...voters]);
  }

  async function earlierOf(person: string | undefined): Promise<{ states: RequestState[]; count: number }> {
    if (person === undefined) return { states: [], count: 0 };
    return await ledger.ofPerson(person, now() - EARLIER_MS);
  }

  async function accountAsked(policy: Policy, target: string): Promise<AccountStanding | undefined> {
    const name = accountOf(Object.hasOwn(policy.targets, target) ? policy.targets[target] : undefined);
    if (name === undefined) return undefined;
    return await standingOf(ledger, (await readAccounts(ledger)).accounts.get(name));
  }

  async function act(asked: Asked, order: Exclude<Order, Opening>): Promise<Outcome> {
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
