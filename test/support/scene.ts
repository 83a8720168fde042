import assert from "node:assert/strict";
import type { Command, Facts } from "../../src/domain/commands.ts";
import { decide } from "../../src/domain/decide.ts";
import type { DomainEvent, NewEvent } from "../../src/domain/events.ts";
import { NO_KEYS, type Keys } from "../../src/domain/keys.ts";
import type { Groups } from "../../src/domain/people.ts";
import { loadPolicy } from "../../src/domain/policy/load.ts";
import type { Policy } from "../../src/domain/policy/schema.ts";
import { fold, type RequestState } from "../../src/domain/request.ts";

export const ID = "BG-7K3M2Q";
export const T0 = Date.UTC(2026, 10, 23, 3, 12, 9);
export const MINUTE = 60_000;

const PROVIDERS = { kinds: ["postgres"], checkConnection: () => [], checkRole: () => [] };

/** A policy of one target and one role. `approval` is YAML in flow style. */
export function policyWith(approval: string): Policy {
  const loaded = loadPolicy(
    `
version: 1
channels: { approvals: C0APPROVALS, incidents: C0INCIDENTS, security: C0SECURITY }
people:
  alice: { name: Alice Ng, slack: U0ALICE }
  bob: { name: Bob Ortiz, slack: U0BOB }
  carol: { name: Carol Diaz, slack: U0CAROL }
  dave: { name: Dave Poe, slack: U0DAVE }
groups:
  sre: [alice, bob]
  leads: [carol, bob]
  backup: [dave]
targets:
  orders-db:
    title: Orders database
    provider: postgres
    roles:
      writer:
        grant: { memberOf: [orders_writer] }
        requesters: [sre]
        approval: ${approval}
        duration: { default: 15m, max: 30m }
`,
    { env: {}, providers: PROVIDERS },
  );
  if ("problems" in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.policy;
}

/** Everybody as the policy lists them. */
export function groupsOf(policy: Policy): Groups {
  return new Map(
    Object.entries(policy.groups).map(([name, group]) => [
      name,
      { people: Array.isArray(group) ? group : [], readable: Array.isArray(group) },
    ]),
  );
}

/** A person by their Slack account. */
export const by = (person: string) => ({ person, via: "slack", account: `U0${person.toUpperCase()}` }) as const;

/** Alice asks for writer. */
export const ask = (): Command => ({
  type: "OpenRequest",
  by: by("alice"),
  target: "orders-db",
  role: "writer",
  justification: "INC-42 orders stuck",
});

/** A request that goes on event by event, with a clock of its own. */
export class Scene {
  readonly policy: Policy;
  readonly groups: Groups;
  now = T0;
  keys: Keys = NO_KEYS;
  readonly events: DomainEvent[] = [];

  constructor(approval = "{ approvers: [leads] }") {
    this.policy = policyWith(approval);
    this.groups = groupsOf(this.policy);
  }

  get state(): RequestState {
    const state = fold(ID, this.events);
    assert.ok(state);
    return state;
  }

  /** What follows from a command, recorded. Throws the refusal. */
  when(command: Command): NewEvent[] {
    const facts: Facts = {
      now: this.now,
      policy: this.policy,
      groups: this.groups,
      earlier: [],
      unreviewed: [],
      keys: this.keys,
    };
    const decided = decide(fold(ID, this.events), command, facts);
    this.happens(...decided);
    return decided;
  }

  /** Events that are simply so. */
  happens(...events: NewEvent[]): this {
    for (const event of events) {
      this.events.push({ ...event, seq: this.events.length + 1, at: this.now, hash: "0".repeat(64) });
    }
    return this;
  }

  later(ms: number): this {
    this.now += ms;
    return this;
  }

  /** As the worker would record it: access is on. */
  granted(): this {
    const deadline = this.state.deadline ?? 0;
    const handle = { request: ID, name: "bg_7k3m2q" };
    return this.happens(
      { type: "GrantStarted", actor: { via: "clock" }, data: { attempt: 1, deadline } },
      {
        type: "GrantSucceeded",
        actor: { via: "clock" },
        data: { attempt: 1, deadline, handle, credential: true },
      },
    );
  }
}
