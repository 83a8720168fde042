import { createHash } from "node:crypto";
import type { AccountStanding } from "../domain/accounts.ts";
import { conditionsToSee } from "../domain/automatic.ts";
import type { CommandOf, Facts } from "../domain/commands.ts";
import { decide } from "../domain/decide.ts";
import { NO_KEYS, type Keys } from "../domain/keys.ts";
import { findDrill } from "../domain/open-drill.ts";
import { asksForKey } from "../domain/open-request.ts";
import type { Actor, Groups } from "../domain/people.ts";
import type { Condition } from "../domain/policy/facts-schema.ts";
import { targetOf } from "../domain/policy/find.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { RequestState } from "../domain/request.ts";
import { requestId } from "../domain/request-id.ts";
import { anyGate } from "../domain/review-rules.ts";
import { Refusal } from "../errors.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Past } from "../ledger/person-memory.ts";
import { accountOf, readAccounts, standingOf } from "./check-out.ts";
import type { Directory } from "./directory.ts";
import { approvingGroups, askingGroups, readGroups, withoutUnfit } from "./groups.ts";
import { openReviews } from "./open-reviews.ts";
import type { Asked, AskedProof, Opening, Outcome } from "./order.ts";
import type { SeeFacts } from "./see-facts.ts";
import { personOf, type ByClock, type Caller } from "./whois.ts";

export interface OpeningOptions {
  readonly ledger: Ledger;
  readonly directory: Directory;
  /** Looks at what policy's approving by itself hangs on; without it, nothing of that holds. */
  readonly seeFacts?: SeeFacts;
  /** The keys that are enrolled now. */
  readonly keys: () => Promise<Keys>;
  /** Makes a one-time link to where something is confirmed. */
  readonly linkTo: (asked: AskedProof) => Promise<string>;
  /**
   * Whether the ledger's Redis answered a moment ago. What is remembered is decided on only then: it is recorded without a look before,
   * and what is sent to a Redis that hangs may be carried out long after its sender gave up.
   */
  readonly isAnswering?: () => boolean;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What is asked for, by whom, and all that a decision takes beside what they asked for before. */
interface Prepared {
  readonly id: string;
  readonly command: CommandOf<"OpenRequest" | "OpenDrill">;
  readonly caller: Caller | ByClock;
  readonly person: string;
  readonly known: Omit<Facts, "now" | "earlier">;
}

/** What follows from what they asked for before. */
interface View {
  readonly past: Past;
  readonly facts: Facts;
  /** The request that the same call has opened before. */
  readonly repeated: RequestState | undefined;
  /** What has to be found out before it can be decided. */
  readonly toSee: readonly Condition[];
}

/** How far back a person's own requests can matter: no budget and no request lasts longer than a week. */
const EARLIER_MS = 8 * 86_400_000;

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

/** What of a drill's rule is needed here. @throws `DRILL_UNKNOWN`, and what the actor is refused with */
async function drillOf(policy: Policy, order: Extract<Opening, { type: "OpenDrill" }>, actor: Promise<Actor>) {
  await actor;
  const { target, role, person: drillPerson } = findDrill(policy, order);
  return { target, role, drillPerson };
}

function personBehind(policy: Policy, caller: Caller | ByClock): string | undefined {
  return caller.via === "cli" || caller.via === "clock" ? undefined : personOf(policy, caller.via, caller.account);
}

/**
 * How a request or a drill is opened.
 *
 * @returns what does it. `attempt`: from 1; later ones read everything anew
 */
export function createOpening(
  options: OpeningOptions,
): (asked: Asked, order: Opening, attempt: number) => Promise<Outcome> {
  const { ledger, directory, now, keys } = options;

  return async ({ policy, caller, actor }, order, attempt) => {
    // Which drills there are is told to nobody before it is known who asks.
    const { target, role, drillPerson } =
      order.type === "OpenDrill" ? await drillOf(policy, order, actor) : { ...order, drillPerson: undefined };
    const delivery = deliveryHash(order.delivery);
    const behind = drillPerson ?? personBehind(policy, caller);
    const mayRecall = attempt === 1 && options.isAnswering?.() === true;
    const recalled = mayRecall && behind !== undefined ? ledger.recallPast(behind, now() - EARLIER_MS) : undefined;
    // What is read here at one moment may have moved on at the next: what is recorded is held against it.
    const [by, enrolled, id, groups, past, unreviewed, account] = await Promise.all([
      actor,
      asksForKey(policy, target, role) ? keys() : NO_KEYS,
      place(delivery, attempt),
      groupsOf({ policy, actor }, { target, role, alsoAsked: drillPerson === undefined ? [] : (policy.admins ?? []) }),
      recalled ?? pastOf(behind),
      anyGate(policy) ? openReviews(ledger) : [],
      accountAsked(policy, target),
    ]);
    const person = drillPerson ?? by.person;
    if (person === undefined) throw new Refusal("PERSON_UNKNOWN", "Only a person of the policy can ask for access.");
    const command =
      order.type === "OpenDrill" ? { ...order, by, delivery } : { ...order, by: { ...by, person }, delivery };
    const known = { policy, groups, unreviewed, account, keys: enrolled };
    const prepared = { id, command, caller, person, known };
    const view = viewOf(past, prepared);
    const isRead = past.held === undefined;
    // What is told as it stands, or takes seconds to find out, is not done on what may be out of date.
    if (isRead || (view.repeated === undefined && view.toSee.length === 0)) {
      try {
        return await openOn(view, prepared);
      } catch (error) {
        // A yes was held against the ledger, and what a no was made of may have been out of date.
        if (isRead || !(error instanceof Conflict || error instanceof Refusal)) throw error;
      }
    }
    return await openOn(viewOf(await pastOf(behind), prepared), prepared);
  };

  function viewOf(past: Past, { command, known }: Prepared): View {
    const facts = { ...known, now: now(), earlier: past.states };
    return {
      ...{ past, facts },
      repeated: past.states.find((state) => state.delivery === command.delivery),
      toSee: command.type === "OpenDrill" ? [] : conditionsToSee(command, facts),
    };
  }

  async function openOn(
    { past, facts, repeated, toSee }: View,
    { id, command, caller, person, known }: Prepared,
  ): Promise<Outcome> {
    const { by } = command;
    if (repeated !== undefined) return await withLink(caller, person, { actor: by, state: repeated, events: [] });
    const seen = await seenOf(command, known.policy, toSee);
    // Looking may have taken seconds.
    const at = now();
    const { state, events } = await ledger.record({
      id,
      state: undefined,
      events: decide(undefined, command, { ...facts, now: at, ...(seen !== undefined && { seen }) }),
      at,
      guard: { person, requests: past.count, held: past.held },
    });
    return await withLink(caller, person, { actor: by, state, events });
  }

  async function seenOf(command: Prepared["command"], policy: Policy, toSee: readonly Condition[]) {
    if (command.type === "OpenDrill" || toSee.length === 0) return [];
    return await options.seeFacts?.(policy, command, toSee);
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

  async function pastOf(person: string | undefined): Promise<Past> {
    return person === undefined ? { states: [], count: 0 } : await ledger.readPast(person, now() - EARLIER_MS);
  }

  async function accountAsked(policy: Policy, target: string): Promise<AccountStanding | undefined> {
    const name = accountOf(targetOf(policy, target));
    if (name === undefined) return undefined;
    return await standingOf(ledger, (await readAccounts(ledger)).accounts.get(name));
  }
}
