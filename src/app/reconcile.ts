import type { NewEvent } from "../domain/events.ts";
import { CLOCK } from "../domain/people.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded } from "../errors.ts";
import { Conflict, notWhole } from "../ledger/append-queue.ts";
import { eventOf } from "../ledger/entry.ts";
import { PROGRAM } from "../ledger/keys.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Mirror } from "../ledger/mirror.ts";
import type { Log } from "../log.ts";
import { requestOf } from "../providers/principal-name.ts";
import type { Handle } from "../providers/provider.ts";
import type { Targets } from "./targets.ts";
import type { Turns } from "./turns.ts";

const PERIOD_MS = 60_000;
/** What looks wrong is looked at again after this: a worker that gives or takes something just then has recorded it. */
const SECOND_LOOK_MS = 5_000;
/** How long a target may take for one answer. */
const LIMIT_MS = 20_000;

export interface ReconcileOptions {
  readonly ledger: Ledger;
  readonly mirror: Mirror;
  readonly targets: Targets;
  readonly turns: Turns;
  /** Whether this worker is the one to look at a target, for so many milliseconds. */
  readonly claim: (target: string, forMs: number) => Promise<boolean>;
  /** Waits so many milliseconds; throws when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<unknown>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly announce: (id: string) => void;
  readonly log: Log;
}

/** Where a target and the ledger differ. */
interface Difference {
  /** What carries our mark, and no live grant explains. */
  readonly orphans: readonly Handle[];
  /** The requests whose access should be there, and isn't. */
  readonly drifted: readonly string[];
}

/**
 * Holds what stands at each target against the ledger, once a minute. What carries our mark and belongs to no live grant is
 * taken away; a live grant that the target no longer has is told. What doesn't carry a request's mark is never touched, not even
 * the nameless session of a principal that is gone: it may be anybody's.
 */
export class Reconcile {
  readonly #options: ReconcileOptions;
  readonly #beganAt = new Map<string, number>();
  readonly #running = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(options: ReconcileOptions) {
    this.#options = options;
  }

  /** Begins with every target whose minute is over. One that hangs delays no other. */
  begin(): void {
    const { targets, now } = this.#options;
    for (const target of targets.names) {
      const sinceMs = now() - (this.#beganAt.get(target) ?? -Infinity);
      // A clock that was set back must not stop it.
      if (this.#running.has(target) || (sinceMs >= 0 && sinceMs < PERIOD_MS)) continue;
      this.#beganAt.set(target, now());
      const look = this.#lookAt(target).finally(() => this.#running.delete(target));
      this.#running.set(target, look);
    }
  }

  /** Waits for what is under way, and leaves what it would have looked at again. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running.values());
  }

  async #lookAt(target: string): Promise<void> {
    const { claim, pause, log } = this.#options;
    try {
      if (!(await claim(target, PERIOD_MS - 2 * SECOND_LOOK_MS))) return;
      const first = await this.#differ(target);
      if (first.orphans.length + first.drifted.length === 0) return;
      await pause(SECOND_LOOK_MS, this.#stopping.signal);
      const second = await this.#differ(target);
      const still = first.orphans.map(nameOf);
      for (const orphan of second.orphans.filter((each) => still.includes(nameOf(each))))
        await this.#endOrphan(target, orphan);
      for (const id of second.drifted.filter((each) => first.drifted.includes(each))) await this.#recordDrift(id);
    } catch (error) {
      if (!this.#stopping.signal.aborted)
        log.warn("a target could not be held against the ledger; the next minute tries again", { target, error });
    }
  }

  /** The target is read first: what is given or ended after that is in the mirror by then, and not held against it. */
  async #differ(target: string): Promise<Difference> {
    const { targets, turns, ledger, mirror } = this.#options;
    const provider = targets.provider(target);
    const handles = await turns.take(target, async () => await provider.list(AbortSignal.timeout(LIMIT_MS)));
    // A ledger that isn't known to be whole explains too little, and so does one of two.
    if ((await ledger.standing()).whole === undefined) throw notWhole("the ledger is being recovered");
    if ((await ledger.forkedAt()) !== undefined) throw notWhole("the ledger is forked");
    await mirror.catchUp();
    const live = mirror.withAccess;
    const explained = new Set(live.map(({ id }) => id));
    return {
      // One server may be several targets, so it doesn't matter for which of them the access was given.
      orphans: handles.filter((handle) => {
        const request = handle.request ?? requestOf(handle.name);
        return request !== undefined && !explained.has(request);
      }),
      drifted: live.filter((state) => state.target === target && isMissing(state, handles)).map(({ id }) => id),
    };
  }

  /** Recorded when it is found, when that fails for the first time, and when it is gone; tried again each minute. */
  async #endOrphan(target: string, handle: Handle): Promise<void> {
    const { targets, turns, log } = this.#options;
    log.error("access that no live grant explains", { target, handle });
    await this.#recordOnce({ type: "OrphanFound", actor: CLOCK, data: { target, handle } });
    const provider = targets.provider(target);
    try {
      const done = await turns.take(target, async () => await provider.revoke(handle, AbortSignal.timeout(LIMIT_MS)));
      const left = await provider.list(AbortSignal.timeout(LIMIT_MS));
      if (left.some((each) => nameOf(each) === nameOf(handle))) throw new Error("it is still there after the revoke.");
      await this.#recordOnce({ type: "OrphanRevoked", actor: CLOCK, data: { target, handle, done: [...done] } });
    } catch (error) {
      const { code, message: problem } = asCoded(error);
      log.error("an orphan could not be ended; the next minute tries again", { target, handle, error });
      const data = { target, handle, code, problem, commands: [...provider.byHand(handle)] };
      await this.#recordOnce({ type: "OrphanRevokeFailed", actor: CLOCK, data });
    }
  }

  /** A try that goes like the one before is no news. */
  async #recordOnce(
    event: Extract<NewEvent, { type: "OrphanFound" | "OrphanRevoked" | "OrphanRevokeFailed" }>,
  ): Promise<void> {
    const { ledger, now, announce } = this.#options;
    await ledger.recordOwn((own) => {
      const last = own
        .flatMap((entry) => {
          const before = eventOf(entry);
          return before !== undefined &&
            "handle" in before.data &&
            nameOf(before.data.handle) === nameOf(event.data.handle)
            ? [before.type]
            : [];
        })
        .at(-1);
      const isKnown =
        event.type === "OrphanFound" ? last !== undefined && last !== "OrphanRevoked" : last === event.type;
      return isKnown ? [] : [event];
    }, now());
    announce(PROGRAM);
  }

  async #recordDrift(id: string): Promise<void> {
    const { ledger, now, announce, log } = this.#options;
    const state = (await ledger.load(id))?.state;
    const handle = state?.grant?.handle;
    if (state?.phase !== "active" || handle === undefined || state.drifted) return;
    log.warn("a live grant is no longer at its target", { request: id, target: state.target });
    try {
      const event: NewEvent = { type: "DriftFound", actor: CLOCK, data: { handle } };
      await ledger.record({ id, state, events: [event], at: now() });
    } catch (error) {
      // Somebody decided on it just now: the next minute looks again.
      if (!(error instanceof Conflict)) throw error;
    }
    announce(id);
  }
}

function isMissing({ id, phase, drifted, grant }: RequestState, handles: readonly Handle[]): boolean {
  const name = grant?.handle?.name;
  return phase === "active" && !drifted && !handles.some((handle) => handle.request === id || handle.name === name);
}

/** What tells one piece of access from another, also from a later one of the same name. */
function nameOf({ name, ref = "" }: Handle): string {
  return `${name} ${ref}`;
}
