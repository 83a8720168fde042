import { resolve } from "node:path";
import type { Policy } from "../domain/policy/schema.ts";
import { opsgenieOnCall } from "./opsgenie.ts";
import { ownIncident, ownOnCall, type AskedIncident } from "./own-service.ts";
import { pagerDutyOnCall } from "./pagerduty.ts";
import { Unreadable, type OnCall } from "./reading.ts";
import { fileOnCall } from "./schedule-file.ts";

/** An answer older than a minute never counts; what is kept a little shorter is still young when it is decided on. */
const KEPT_MS = 45_000;
/** Somebody waits for the answer. */
const ASK_LIMIT_MS = 1_900;

/** What a source said, and when it was asked. Epoch milliseconds. */
export interface Read<T> {
  readonly value: T;
  readonly at: number;
}

interface Kept {
  readonly read: Promise<Read<unknown>>;
  readonly until: number;
}

/** Where a policy's facts come from. An answer is kept for less than a minute, a failure not at all, and who asks meanwhile waits with the first. */
export class FactSources {
  readonly #folder: string;
  readonly #now: () => number;
  readonly #kept = new Map<string, Kept>();

  /** @param folder - where the names of schedule files begin: the policy's own */
  constructor(folder: string, now: () => number) {
    this.#folder = folder;
    this.#now = now;
  }

  /**
   * Who a schedule says is on call at this moment.
   *
   * @param name - one of the policy's `schedules`
   * @throws {@link Unreadable}
   */
  async onCall(policy: Policy, name: string): Promise<Read<readonly OnCall[]>> {
    const source = Object.hasOwn(policy.schedules, name) ? policy.schedules[name] : undefined;
    if (source === undefined) throw new Unreadable(`the policy has no schedule ${name}`);
    const { pagerduty, opsgenie, file, http } = source;
    // A file is near, and says exactly when a shift changes.
    if (file !== undefined) {
      const [from, at] = [{ path: resolve(this.#folder, file), name: file }, this.#now()];
      return { value: await fileOnCall(from, policy.people, at, AbortSignal.timeout(ASK_LIMIT_MS)), at };
    }
    const ask = async (signal: AbortSignal): Promise<OnCall[]> => {
      if (pagerduty !== undefined) return await pagerDutyOnCall(pagerduty, signal);
      if (opsgenie !== undefined) return await opsgenieOnCall(opsgenie, signal);
      if (http !== undefined) return await ownOnCall(http, signal);
      throw new Unreadable(`schedule ${name} names no source`);
    };
    const { value, at } = await this.#ask(`${policy.hash} schedule ${name}`, ask);
    const now = this.#now();
    // A shift may have ended since it was asked.
    const inTime = ({ from, to }: OnCall) => (from === undefined || from <= now) && (to === undefined || now < to);
    return { value: value.filter(inTime), at };
  }

  /**
   * Whether an incident is open, by one of the policy's `incidents`.
   *
   * @throws {@link Unreadable}
   */
  async incident(policy: Policy, name: string, about: AskedIncident): Promise<Read<boolean>> {
    const source = Object.hasOwn(policy.incidents, name) ? policy.incidents[name] : undefined;
    if (source === undefined) throw new Unreadable(`the policy has no ${name} under incidents`);
    const key = `${policy.hash} incident ${name} ${JSON.stringify(about)}`;
    return await this.#ask(key, async (signal) => await ownIncident(source.http, about, signal));
  }

  async #ask<T>(key: string, ask: (signal: AbortSignal) => Promise<T>): Promise<Read<T>> {
    const at = this.#now();
    // What was read later than now was read before the clock was set back: how old it is, nobody knows.
    for (const [each, { until }] of this.#kept) if (at >= until || at < until - KEPT_MS) this.#kept.delete(each);
    const known = this.#kept.get(key);
    if (known !== undefined) return (await known.read) as Read<T>;
    const read = ask(AbortSignal.timeout(ASK_LIMIT_MS)).then((value) => ({ value, at }));
    const kept: Kept = { read, until: at + KEPT_MS };
    this.#kept.set(key, kept);
    try {
      return await read;
    } catch (error) {
      if (this.#kept.get(key) === kept) this.#kept.delete(key);
      throw error;
    }
  }
}
