import type { SeenFact } from "../domain/seen-fact.ts";
import type { Actor } from "../domain/people.ts";
import type { Platform } from "../domain/platform.ts";
import { OWN_CHANNEL, type Condition } from "../domain/policy/facts-schema.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { FactSources } from "../facts/fact-sources.ts";
import { Unreadable, type OnCall } from "../facts/reading.ts";
import type { Log } from "../log.ts";
import type { ChannelStanding } from "./directory.ts";
import { within } from "./within.ts";

/** What isn't known by then is not known: somebody waits for the answer. */
const LIMIT_MS = 2_000;

/** A request whose facts are looked at. */
export interface AskedFor {
  readonly by: Actor & { readonly person: string };
  readonly target: string;
  readonly role: string;
  /** The channel it was asked for in, where that is an incident's own. */
  readonly thread?: string | undefined;
}

/** Looks at the conditions on which policy approves by itself. Never throws: what can't be read doesn't hold. */
export type SeeFacts = (policy: Policy, asked: AskedFor, conditions: readonly Condition[]) => Promise<SeenFact[]>;

export interface SeeFactsOptions {
  readonly sources: FactSources;
  readonly channel: (id: string, platform: Platform) => Promise<ChannelStanding>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** What came of a look at one source. */
interface Look {
  readonly holds: boolean;
  readonly why?: string;
  readonly at: number;
}

export function createSeeFacts({ sources, channel, now, log }: SeeFactsOptions): SeeFacts {
  return async (policy, asked, conditions) => {
    return await Promise.all(conditions.map(async (condition) => await see(policy, asked, condition)));
  };

  /** Any one of the named sources is enough. */
  async function see(policy: Policy, asked: AskedFor, { kind, of }: Condition): Promise<SeenFact> {
    const looks = await Promise.all(of.map(async (source) => await look(policy, asked, kind, source)));
    const held = looks.find(({ holds }) => holds);
    if (held !== undefined) return { kind, of, holds: true, at: held.at };
    const why = [...new Set(looks.map((each) => each.why ?? "it does not hold"))].join("; ");
    return { kind, of, holds: false, why, at: Math.min(...looks.map(({ at }) => at)) };
  }

  async function look(policy: Policy, asked: AskedFor, kind: Condition["kind"], source: string): Promise<Look> {
    const at = now();
    const late = () => new Unreadable("no answer in time");
    try {
      const looked = kind === "onCall" ? onCall(policy, asked, source) : incident(policy, asked, source);
      return await within(LIMIT_MS, looked, late);
    } catch (error) {
      const why = error instanceof Unreadable ? error.message : "something unforeseen";
      log.warn("a fact could not be read, and counts as no", {
        kind,
        source,
        why,
        ...(error instanceof Unreadable ? {} : { error }),
      });
      const what = kind === "onCall" ? `who is on call in ${source}` : `whether an incident is open by ${source}`;
      return { holds: false, why: `${what} could not be read (${why})`, at };
    }
  }

  async function onCall(policy: Policy, { by }: AskedFor, source: string): Promise<Look> {
    const { value, at } = await sources.onCall(policy, source);
    if (value.some((each) => isPerson(policy, by.person, source, each))) return { holds: true, at };
    const unnamed = value.length > 0 && !isKnownTo(policy, by.person, source);
    const why = unnamed ? `the policy has no e-mail to look for in ${source}` : `not on call in ${source}`;
    return { holds: false, why, at };
  }

  async function incident(policy: Policy, asked: AskedFor, source: string): Promise<Look> {
    if (source === OWN_CHANNEL) return await ownChannel(policy, asked);
    const { target, role, thread } = asked;
    const { value, at } = await sources.incident(policy, source, { target, role, channel: thread });
    return value ? { holds: true, at } : { holds: false, why: `no incident is open by ${source}`, at };
  }

  async function ownChannel({ channels }: Policy, { by, thread }: AskedFor): Promise<Look> {
    const at = now();
    const no = (why: string): Look => ({ holds: false, why, at });
    if (thread === undefined || (by.via !== "slack" && by.via !== "teams"))
      return no("this was not asked for in an incident's own channel");
    const standing = await channel(thread, by.via);
    switch (standing.kind) {
      case "open":
        // The name is looked at again: who asks again is asked nothing of where.
        return channels.incidentChannels !== undefined && new RegExp(channels.incidentChannels).test(standing.name)
          ? { holds: true, at }
          : no("this was not asked for in an incident's own channel");
      case "archived":
        return no("the incident's channel is archived");
      case "missing":
        return no("the incident's channel is not there any more");
      case "unknown":
        throw new Unreadable("the chat platform could not tell of the channel");
    }
  }
}

/** Whether an entry of a schedule means a person of the policy. Where the policy has their id of that service, it alone counts. */
function isPerson(policy: Policy, key: string, source: string, { id, email, person }: OnCall): boolean {
  const known = policy.people[key];
  if (known === undefined) return false;
  if (person !== undefined) return person === key;
  const { pagerduty, opsgenie } = policy.schedules[source] ?? {};
  const own = pagerduty === undefined ? (opsgenie === undefined ? undefined : known.opsgenie) : known.pagerduty;
  if (own !== undefined) return id?.toLowerCase() === own.toLowerCase();
  return known.email !== undefined && email?.toLowerCase() === known.email.toLowerCase();
}

function isKnownTo(policy: Policy, key: string, source: string): boolean {
  const { email, pagerduty, opsgenie } = policy.people[key] ?? {};
  const { file, http, ...remote } = policy.schedules[source] ?? {};
  if (file !== undefined || http !== undefined || email !== undefined) return true;
  return (
    (remote.pagerduty !== undefined && pagerduty !== undefined) ||
    (remote.opsgenie !== undefined && opsgenie !== undefined)
  );
}

/** Who a schedule has on call, as people of the policy; and how many others it names. For `doctor`. */
export function peopleOnCall(
  policy: Policy,
  source: string,
  entries: readonly OnCall[],
): { people: string[]; strangers: number } {
  const people = Object.keys(policy.people).filter((key) =>
    entries.some((each) => isPerson(policy, key, source, each)),
  );
  const strangers = entries.filter((each) => !people.some((key) => isPerson(policy, key, source, each))).length;
  return { people, strangers };
}
