import assert from "node:assert/strict";
import type { Command, Facts } from "../../src/domain/commands.ts";
import { decide } from "../../src/domain/decide.ts";
import { NO_KEYS } from "../../src/domain/keys.ts";
import type { DomainEvent, NewEvent } from "../../src/domain/events.ts";
import type { Actor, Groups, Members } from "../../src/domain/people.ts";
import { fold, type RequestState } from "../../src/domain/request.ts";
import { Refusal, type Code } from "../../src/errors.ts";
import { acme } from "./acme-policy.ts";

/** When the requests of these tests are opened: 23 November 2026, 03:12:09 UTC. */
export const T0 = Date.UTC(2026, 10, 23, 3, 12, 9);
export const ID = "BG-7K3M2Q";
export const SECOND = 1_000;
export const MINUTE = 60_000;

/** Something that happened, and how long after {@link T0}. */
export interface Happened {
  readonly after: number;
  readonly event: NewEvent;
}

const MEMBERS: Readonly<Record<string, readonly string[]>> = {
  sre: ["alice", "bob", "erin"],
  leads: ["bob", "carol"],
  chiefs: ["erin"],
  nobody: [],
  contractors: ["mal"],
  dba: ["dave"],
};

/** The groups as they are, with some changed; `undefined` is a group that can't be read. */
export function groups(changed: Readonly<Record<string, readonly string[] | undefined>> = {}): Groups {
  const all: Record<string, readonly string[] | undefined> = { ...MEMBERS, ...changed };
  return new Map(
    Object.entries(all).map(([name, people]): [string, Members] => [
      name,
      people === undefined ? { people: [], readable: false } : { people, readable: true },
    ]),
  );
}

/** What the outside knows; by default a minute after the request, with everybody in their groups. */
export function facts(changed: Partial<Facts> = {}): Facts {
  return { now: T0 + MINUTE, policy: acme, groups: groups(), earlier: [], unreviewed: [], keys: NO_KEYS, ...changed };
}

/** A person by their Slack account. */
export function by(person: string): Actor & { readonly person: string } {
  return { person, via: "slack", account: `U0${person.toUpperCase()}` };
}

type Ask = Extract<Command, { type: "OpenRequest" }>;

/** Alice asks for writer on orders-db, unless told otherwise. */
export function ask(changed: Partial<Ask> = {}): Ask {
  const justification = "INC-42 orders stuck after failover";
  return { type: "OpenRequest", by: by("alice"), target: "orders-db", role: "writer", justification, ...changed };
}

/** A request that was opened at {@link T0}, as the real decider opens it. */
export function opened(changed: Partial<Ask> = {}, known: Partial<Facts> = {}): Happened {
  const [event] = decide(undefined, ask(changed), facts({ now: T0, ...known }));
  assert.ok(event);
  return { after: 0, event };
}

/** An event of the given kind, some time after the request. */
export function at(after: number, event: NewEvent): Happened {
  return { after, event };
}

export function approvedBy(person: string, after = 30 * SECOND): Happened {
  return at(after, { type: "ApprovalGiven", actor: by(person), data: { votes: 1, quorum: 1 } });
}

const CLOCK: Actor = { via: "clock" };

/** The way from an approval to access that is on. `deadline` is milliseconds after {@link T0}. */
export function granted(deadline: number, after = 31 * SECOND): Happened[] {
  const handle = { request: ID, name: "bg_7k3m2q" };
  return [
    at(after, { type: "GrantStarted", actor: CLOCK, data: { attempt: 1, deadline: T0 + deadline } }),
    at(after + 200, {
      type: "GrantSucceeded",
      actor: CLOCK,
      data: { attempt: 1, deadline: T0 + deadline, handle, credential: true },
    }),
  ];
}

/** What happened, as recorded. */
export function recorded(happened: readonly Happened[]): DomainEvent[] {
  return happened.map(({ after, event }, index) => ({
    ...event,
    seq: index + 1,
    at: T0 + after,
    hash: `${index + 1}`.padStart(64, "ab"),
  }));
}

/** The request after what happened. */
export function stateOf(...happened: readonly Happened[]): RequestState {
  const state = fold(ID, recorded(happened));
  assert.ok(state);
  return state;
}

/** What a command came to. */
export interface Outcome {
  /** Holds it against what should follow: these events, or a refusal of this code. Gives the refusal, for its words. */
  then(expected: readonly NewEvent[]): void;
  then(expected: Code): Refusal;
  /** The events, for a closer look; fails when it was refused. */
  readonly events: () => readonly NewEvent[];
}

/** Given what happened, when somebody asks for something, then … */
export function given(...happened: readonly Happened[]): { when(command: Command, known?: Facts): Outcome } {
  return {
    when: (command, known = facts()) => {
      const state = fold(ID, recorded(happened));
      const run = () => decide(state, command, known);
      function then(expected: readonly NewEvent[]): void;
      function then(expected: Code): Refusal;
      function then(expected: readonly NewEvent[] | Code): Refusal | undefined {
        if (typeof expected === "string") return refusal(run, expected);
        assert.deepEqual(run(), expected);
        return undefined;
      }
      return { then, events: run };
    },
  };
}

/** The refusal that something ends in: of this code, and with a sentence to read. */
export function refusal(run: () => unknown, code: Code): Refusal {
  let result: unknown;
  try {
    result = run();
  } catch (error) {
    assert.ok(error instanceof Refusal, `a refusal was expected, and this was thrown: ${String(error)}`);
    assert.equal(error.code, code, error.message);
    assert.notEqual(error.message, "");
    return error;
  }
  return assert.fail(`${code} was expected, and this was decided: ${JSON.stringify(result)}`);
}
