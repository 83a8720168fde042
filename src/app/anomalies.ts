import { begunFacts, endedFacts, endFacts, grantFacts, useFacts } from "../domain/anomalies/facts-of.ts";
import { consequences, judge } from "../domain/anomalies/judge.ts";
import type { Rule } from "../domain/anomalies/rule.ts";
import type { NewEvent } from "../domain/events.ts";
import type { Recorded } from "../domain/recorded.ts";
import { evolve, mayHaveAccess, type RequestState } from "../domain/request.ts";
import { Conflict } from "../ledger/append-queue.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";

type Raised = Extract<NewEvent, { type: "AnomalyRaised" }>;

/** So far back somebody's earlier requests are looked at. */
const HISTORY_MS = 183 * 86_400_000;
/** What was run last is entered before it is judged whether anything was. */
const SETTLED_MS = 10_000;
/** An end that is longer ago is judged no more: this process wasn't there. */
const RECENT_MS = 3_600_000;
/** The newest requests that a start looks at. */
const NEWEST = 200;

/** Looks at the statements of one part of a recording, one after the other. */
export interface Watch {
  see(line: Recorded): void;
  /** What follows from them, and from all that was run so far; to be recorded right after the digest. */
  after(digest: NewEvent): readonly NewEvent[];
}

export interface AnomaliesOptions {
  readonly rules: readonly Rule[];
  readonly ledger: Ledger;
  /** The requests that may have access. */
  readonly withAccess: () => readonly Pick<RequestState, "id">[];
  /** Called when something was recorded; `ends`: that ends the access. Never fails. */
  readonly recorded: (id: string, ends: boolean) => void;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/**
 * Holds what happens under a request against the rules of anomalies. A rule is raised once a request, whoever looks and how often:
 * what was raised is in the ledger.
 */
export class Anomalies {
  readonly #options: AnomaliesOptions;
  /** Requests whose beginning was judged by this process, and that had access when it looked last. */
  readonly #begun = new Set<string>();
  /** Requests whose access has ended, and when that was seen; judged a little later. */
  readonly #ended = new Map<string, number>();
  #isFirst = true;
  #looking: Promise<void> | undefined;

  constructor(options: AnomaliesOptions) {
    this.#options = options;
  }

  /** Watches a part of a request's recording. @param state - the request before it */
  watch(state: RequestState): Watch {
    const { rules, now } = this.#options;
    const at = now();
    const found = new Map<string, Raised>();
    const known = () => new Set([...state.anomalies.map(({ rule }) => rule), ...found.keys()]);
    const keep = (raised: readonly Raised[]) => {
      for (const each of raised) found.set(each.data.rule, each);
    };
    return {
      see: (line) => {
        if ("n" in line) {
          for (const facts of begunFacts(state, line))
            keep(judge(rules, "statement", facts, { known: known(), at, statement: line.n }));
        } else if ("end" in line)
          for (const facts of endedFacts(state, line))
            keep(judge(rules, "statement", facts, { known: known(), at, statement: line.end }));
      },
      after: (digest) => {
        const { observed } = evolve(state, { ...digest, seq: 0, at, hash: "" }, state.id);
        if (observed !== undefined) keep(judge(rules, "use", useFacts(state, observed), { known: known(), at }));
        return consequences([...found.values()], state, at);
      },
    };
  }

  /** Judges what began and what ended since the last look. Never throws. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => (this.#looking = undefined));
    await this.#looking;
  }

  /** Begins a look, unless one is under way. */
  begin(): void {
    void this.look();
  }

  /** Waits for a look that is under way. */
  async idle(): Promise<void> {
    await this.#looking;
  }

  async #look(): Promise<void> {
    const { withAccess, now, log } = this.#options;
    try {
      if (this.#isFirst) await this.#remember();
      this.#isFirst = false;
      const live = new Set(withAccess().map(({ id }) => id));
      for (const id of live) if (!this.#begun.has(id) && (await this.#judgeBegun(id))) this.#begun.add(id);
      for (const id of this.#begun) {
        if (live.has(id)) continue;
        this.#begun.delete(id);
        this.#ended.set(id, now());
      }
      for (const [id, since] of this.#ended)
        if (now() - since >= SETTLED_MS && (await this.#judgeEnded(id))) this.#ended.delete(id);
    } catch (error) {
      log.warn("anomalies could not be judged; the next look tries again", { error });
    }
  }

  /** What ended while no process of this kind ran. */
  async #remember(): Promise<void> {
    const { ledger, now } = this.#options;
    for (const id of await ledger.newest(NEWEST)) {
      const state = (await ledger.load(id))?.state;
      if (state?.phase === "ended" && (state.endedAt ?? 0) > now() - RECENT_MS) this.#ended.set(id, state.endedAt ?? 0);
    }
  }

  /** @returns whether that is done with */
  async #judgeBegun(id: string): Promise<boolean> {
    return await this.#judge(id, async (state) => {
      // Nobody has a drill's access who could ask at an odd hour, or leave it unused. What is run under it is judged all the same.
      if (state.drill !== undefined) return [];
      if (state.phase === "granting" || state.phase === "approved") return undefined;
      if (state.grant?.outcome !== "given") return [];
      const { states } = await this.#options.ledger.ofPerson(state.requester, state.openedAt - HISTORY_MS);
      const earlier = states.filter((each) => each.id !== id);
      return this.#against("grant", state, grantFacts(state, earlier), state.grant.startedAt);
    });
  }

  /** @returns whether that is done with */
  async #judgeEnded(id: string): Promise<boolean> {
    return await this.#judge(id, (state) => {
      if (state.drill !== undefined || mayHaveAccess(state) || state.grant?.outcome !== "given")
        return Promise.resolve([]);
      return Promise.resolve(this.#against("end", state, endFacts(state), state.endedAt ?? 0));
    });
  }

  #against(category: "grant" | "end", state: RequestState, facts: ReturnType<typeof endFacts>, at: number): Raised[] {
    const known = new Set(state.anomalies.map(({ rule }) => rule));
    return judge(this.#options.rules, category, facts, { known, at });
  }

  /** @param judged - what is raised; undefined while it is too early to tell */
  async #judge(id: string, judged: (state: RequestState) => Promise<Raised[] | undefined>): Promise<boolean> {
    const { ledger, recorded, now, log } = this.#options;
    for (;;) {
      const state = (await ledger.load(id))?.state;
      if (state === undefined) return true;
      const raised = await judged(state);
      if (raised === undefined) return false;
      const events = consequences(raised, state, now());
      if (events.length === 0) return true;
      try {
        await ledger.record({ id, state, events, at: now() });
      } catch (error) {
        if (error instanceof Conflict) continue;
        throw error;
      }
      log.info("recorded", { request: id, event: "AnomalyRaised", rules: raised.map(({ data }) => data.title) });
      recorded(
        id,
        events.some(({ type }) => type === "RevokeStarted"),
      );
      return true;
    }
  }
}
