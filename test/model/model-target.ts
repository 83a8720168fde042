import type { Granted, GrantOrder, Handle } from "../../src/providers/provider.ts";
import { ScriptedProvider, timedOut, unreachable } from "../support/scripted-provider.ts";

/** `half`: the work is done, and no answer comes. `late`: the answer, and the work, come when they are let go. */
export type GrantFault = "well" | "down" | "half" | "late";
/** `half`: as above. `lies`: it says it is done, and it isn't. */
export type RevokeFault = "well" | "down" | "half" | "lies";

/** So long a grant is waited for; what the target does after that nobody hears of. */
const LIMIT_MS = 30_000;

interface Waiting {
  /** Epoch milliseconds. */
  readonly since: number;
  readonly letGo: () => void;
  readonly giveUp: () => void;
}

/** What was asked of the target. */
export interface GrantCall {
  readonly request: string;
  readonly deadline: number;
}

/** A target that fails in every way, and remembers what was asked of it. */
export class ModelTarget extends ScriptedProvider {
  grants: GrantFault = "well";
  revokes: RevokeFault = "well";
  /** When each was to be ended in vain last, epoch milliseconds. */
  readonly failedAt = new Map<string, number>();
  readonly granted: GrantCall[] = [];
  /** Told before access is given, and before it is taken. */
  onGrant: (call: GrantCall) => void = () => undefined;
  onRevoke: (request: string) => void = () => undefined;
  readonly #now: () => number;
  readonly #waiting = new Set<Waiting>();
  /** What was given up on, and is done all the same when it is let go. */
  #givenUp: GrantOrder<unknown>[] = [];

  constructor(now: () => number) {
    super();
    this.#now = now;
  }

  /** How many calls wait to be let go. */
  get waiting(): number {
    return this.#waiting.size;
  }

  /** What waits is done now. @returns the requests for which nobody waits any more */
  async letGo(): Promise<string[]> {
    for (const { letGo } of this.#waiting) letGo();
    this.#waiting.clear();
    const unheard = this.#givenUp.splice(0);
    for (const order of unheard) await super.grant(order);
    return unheard.map(({ request }) => request);
  }

  /** Time has gone by: whoever waited for too long gives up. */
  expire(): void {
    for (const each of this.#waiting) {
      if (this.#now() - each.since < LIMIT_MS) continue;
      this.#waiting.delete(each);
      each.giveUp();
    }
  }

  override async grant(order: GrantOrder<unknown>): Promise<Granted> {
    const { request, deadline } = order;
    this.onGrant({ request, deadline });
    this.granted.push({ request, deadline });
    const fault = this.grants;
    if (fault === "down") return await unreachable();
    if (fault === "late" && !(await this.#isLetGo())) {
      this.#givenUp.push(order);
      return await timedOut();
    }
    const granted = await super.grant(order);
    return fault === "half" ? await timedOut() : granted;
  }

  override async revoke(handle: Handle): Promise<readonly string[]> {
    const request = handle.request ?? [...this.access].find(([, { name }]) => name === handle.name)?.[0];
    if (request !== undefined) this.onRevoke(request);
    const fault = this.revokes;
    if (fault !== "well" && request !== undefined) this.failedAt.set(request, this.#now());
    if (fault === "down") return await unreachable();
    this.lies = fault === "lies";
    const done = await super.revoke(handle);
    return fault === "half" ? await timedOut() : done;
  }

  /** Waits, but not for ever. */
  async #isLetGo(): Promise<boolean> {
    return await new Promise((resolve) => {
      const since = this.#now();
      this.#waiting.add({
        since,
        letGo: () => {
          resolve(true);
        },
        giveUp: () => {
          resolve(false);
        },
      });
    });
  }

  /** The deadline that it was told with a grant. */
  deadlineOf(request: string): number {
    return this.granted.find((call) => call.request === request)?.deadline ?? Infinity;
  }
}
