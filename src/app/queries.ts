import type { HomeFacts } from "../cards/home.ts";
import { isOverdue } from "../domain/agenda.ts";
import { concernedGroups, refuseVote, unknownRequest, votingGroups } from "../domain/decide.ts";
import { refuseReview } from "../domain/decide-review.ts";
import { targetOf } from "../domain/policy/find.ts";
import { peopleOf, type Actor } from "../domain/people.ts";
import { findRole, mayAskFor, offers, type Offer } from "../domain/policy/offers.ts";
import type { Policy } from "../domain/policy/schema.ts";
import { readingGroups, refuseReader } from "../domain/record-rules.ts";
import { isOver, type RequestState } from "../domain/request.ts";
import { begunBy } from "../domain/standing.ts";
import { quote } from "../domain/text.ts";
import { Refusal } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Directory } from "./directory.ts";
import { approvingGroups, askingGroups, readGroups, withoutUnfit } from "./groups.ts";
import { openReviews } from "./open-reviews.ts";

/** Who decides on a role: policy by itself, people, or the one and then the others. */
export interface WhoDecides {
  readonly role: string;
  /** What policy's approving by itself hangs on: a budget, facts, both, or nothing; undefined where it doesn't. */
  readonly automatic: { readonly budget: boolean; readonly facts: boolean } | undefined;
  readonly quorum: number;
  readonly approvers: readonly string[];
}

/** Who is concerned with a target. */
export interface WhoIsOn {
  readonly target: string;
  readonly title: string;
  /** Requests that may have access now. */
  readonly access: readonly RequestState[];
  readonly roles: readonly WhoDecides[];
}

export interface QueryOptions {
  readonly ledger: Ledger;
  readonly policy: () => Policy;
  readonly directory: Directory;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What people can ask about. Nothing here changes anything. */
export class Queries {
  readonly #options: QueryOptions;

  constructor(options: QueryOptions) {
    this.#options = options;
  }

  /** What a person may ask for. */
  async offers(person: string): Promise<Offer[]> {
    const policy = this.#options.policy();
    return offers(policy, await readGroups(policy, askingGroups(policy), this.#options.directory), person);
  }

  /** One request; undefined when there is none. */
  async request(id: string): Promise<RequestState | undefined> {
    return (await this.#options.ledger.load(id))?.state;
  }

  /**
   * An earlier request that its requester asks for again.
   *
   * @throws `REQUEST_UNKNOWN`, `NOT_REQUESTER`; `TARGET_UNKNOWN`, `ROLE_NOT_ALLOWED` when the policy changed since
   */
  async again(id: string, person: string | undefined): Promise<RequestState> {
    const earlier = await this.request(id);
    if (earlier === undefined) throw unknownRequest();
    if (earlier.requester !== person) {
      throw new Refusal("NOT_REQUESTER", `Only the requester of ${id} can ask for it again.`, {
        next: "/breakglass opens a form of your own.",
      });
    }
    const policy = this.#options.policy();
    findRole(policy, await readGroups(policy, askingGroups(policy), this.#options.directory), person, earlier);
    return earlier;
  }

  /** Every open request, the oldest first; not those that only wait for a review. */
  async open(): Promise<RequestState[]> {
    const found = await this.#load(await this.#options.ledger.open());
    return found.filter((state) => !isOver(state));
  }

  /** The requests that wait for a review, or for what a review asked for, the oldest first. */
  async reviews(): Promise<RequestState[]> {
    const found = await openReviews(this.#options.ledger);
    return found.sort((one, other) => one.openedAt - other.openedAt);
  }

  /**
   * A request that somebody is about to review: who could only be refused gets no form.
   *
   * @throws `REQUEST_UNKNOWN`, `REVIEW_NOT_OPEN`, `NOT_REVIEWER`
   */
  async toReview(id: string, by: Actor): Promise<RequestState> {
    const { policy: policyNow, directory } = this.#options;
    const policy = policyNow();
    const state = await this.request(id);
    if (state === undefined) throw unknownRequest();
    refuseReview(state, by, { policy, groups: await readGroups(policy, concernedGroups(state), directory) });
    return state;
  }

  /**
   * A request whose record somebody wants.
   *
   * @throws `REQUEST_UNKNOWN`, `NOT_CONCERNED`
   */
  async toRecord(id: string, by: Actor): Promise<RequestState> {
    const { policy: policyNow, directory } = this.#options;
    const policy = policyNow();
    const state = await this.request(id);
    if (state === undefined) throw unknownRequest();
    refuseReader(state, by, { policy, groups: await readGroups(policy, readingGroups(state, policy), directory) });
    return state;
  }

  /** The newest requests, open or over, the newest first. */
  async newest(limit: number): Promise<RequestState[]> {
    const ids = await this.#options.ledger.newest(limit);
    const states = await this.#load(ids);
    return states.reverse();
  }

  /** A person's own open requests, those that wait for their vote, and those whose review they were called for. */
  async status(
    person: string,
    known?: readonly RequestState[],
  ): Promise<{ mine: RequestState[]; toDecide: RequestState[]; toReview: RequestState[] }> {
    const policy = this.#options.policy();
    const all = known ?? (await this.unfinished());
    const open = all.filter((state) => !isOver(state));
    const waiting = open.filter(
      (state) =>
        state.phase === "waiting" &&
        state.requester !== person &&
        begunBy(state) !== person &&
        // Nobody is called to vote on what votes by itself.
        state.drill?.approver === undefined &&
        !state.approvals.some(({ by }) => by.person === person),
    );
    const groups = await readGroups(policy, waiting.flatMap(votingGroups), this.#options.directory);
    return {
      mine: open.filter(({ requester }) => requester === person),
      toDecide: waiting.filter((state) => peopleOf(groups, votingGroups(state)).includes(person)),
      toReview: all.filter(({ review }) => review?.reviewer === person && review.submitted === undefined),
    };
  }

  /** Every request on which something is still to be done, reviews too, the oldest first. */
  async unfinished(): Promise<RequestState[]> {
    return await this.#load(await this.#options.ledger.open());
  }

  /** All that concerns a person: for their home. @param known - what {@link unfinished} gave a moment ago */
  async home(person: string, known: readonly RequestState[]): Promise<HomeFacts> {
    const [status, offered] = await Promise.all([this.status(person, known), this.offers(person)]);
    return { ...status, offers: offered };
  }

  /** Everybody who may see something change when a request does: who asked, and all who may vote on it or review it. */
  async concerned(id: string): Promise<ReadonlySet<string>> {
    const state = await this.request(id);
    if (state === undefined) return new Set();
    const names = concernedGroups(state);
    const groups = await readGroups(this.#options.policy(), names, this.#options.directory);
    return new Set([state.requester, ...peopleOf(groups, names)]);
  }

  /**
   * Refuses whoever may not ask for a role now: before a form is put before them in which it isn't.
   *
   * @throws `TARGET_UNKNOWN`, `ROLE_NOT_ALLOWED`
   */
  async mayAsk(person: string, asked: { readonly target: string; readonly role: string }): Promise<void> {
    const policy = this.#options.policy();
    findRole(policy, await readGroups(policy, askingGroups(policy), this.#options.directory), person, asked);
  }

  /**
   * Who has access to a target now, and who may approve what.
   *
   * @throws `TARGET_UNKNOWN`
   */
  async who(person: string, target: string): Promise<WhoIsOn> {
    const { policy: policyNow, directory } = this.#options;
    const policy = policyNow();
    const found = targetOf(policy, target);
    if (found === undefined) {
      throw new Refusal("TARGET_UNKNOWN", `There is no target ${quote(target)}.`, {
        next: mayAskFor(await this.offers(person)),
      });
    }
    const names = Object.keys(found.roles);
    const approving = names.flatMap((role) => approvingGroups(policy, target, role));
    const groups = await withoutUnfit(await readGroups(policy, approving, directory), policy, directory);
    const open = await this.open();
    return {
      target,
      title: found.title,
      access: open.filter((state) => state.target === target && !["unconfirmed", "waiting"].includes(state.phase)),
      roles: Object.entries(found.roles).map(([role, { approval }]) => ({
        role,
        automatic: approval.automatic && {
          budget: approval.automatic.budget !== undefined,
          facts: approval.automatic.when.length > 0,
        },
        quorum: approval.quorum,
        approvers: peopleOf(groups, approval.approvers ?? []),
      })),
    };
  }

  /**
   * Refuses whoever could not vote on a request at this moment: before a form is put before them that would be in vain.
   *
   * @throws `REQUEST_UNKNOWN`, `ALREADY_DECIDED`, `OWN_REQUEST`, `NOT_APPROVER`
   */
  async mayVote(id: string, by: Actor): Promise<void> {
    const { policy: policyNow, directory, now } = this.#options;
    const policy = policyNow();
    const state = await this.request(id);
    if (state === undefined) throw unknownRequest();
    const groups = await readGroups(policy, votingGroups(state), directory);
    refuseVote(state, by, { now: now(), policy, groups });
  }

  /** Whether a grant is past its deadline and not yet checked to be gone. */
  overdue(state: RequestState): boolean {
    return isOverdue(state, this.#options.now());
  }

  async #load(ids: readonly string[]): Promise<RequestState[]> {
    const loaded = await Promise.all(ids.map(async (id) => await this.request(id)));
    return loaded.filter((state) => state !== undefined).sort((one, other) => one.openedAt - other.openedAt);
  }
}
