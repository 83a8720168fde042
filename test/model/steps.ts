import fc from "fast-check";
import { MINUTE } from "../support/scene.ts";
import { COMMAND_TIMEOUT_MS } from "../../src/redis/connect.ts";
import type { ChatFault } from "../support/plain-chat.ts";
import { PEOPLE, ROLES, type Person, type Role } from "./model-policy.ts";
import type { GrantFault, RevokeFault } from "./model-target.ts";

/** What a person can want of a request. */
export const WISHES = ["Approve", "Deny", "Withdraw", "BreakGlass", "EndEarly", "RevokeNow"] as const;

/** One of two. */
export type Which = 0 | 1;

/** Something that happens. `nth` counts requests from the newest. */
export type Step =
  | { readonly do: "ask"; readonly who: Person; readonly role: Role; readonly bot: Which; readonly twice: boolean }
  | { readonly do: "askAgain"; readonly who: Person; readonly nth: number; readonly bot: Which }
  | {
      readonly do: "want";
      readonly wish: (typeof WISHES)[number];
      readonly who: Person;
      readonly nth: number;
      readonly bot: Which;
      readonly twice: boolean;
    }
  | { readonly do: "wait"; readonly ms: number }
  | { readonly do: "jump"; readonly machine: 0 | 1 | 2 | 3; readonly ms: number }
  | { readonly do: "sweep"; readonly worker: Which }
  | { readonly do: "sweepBoth" }
  | { readonly do: "tell"; readonly bot: Which }
  | { readonly do: "tellBoth" }
  | { readonly do: "reconcile"; readonly worker: Which }
  | { readonly do: "target"; readonly grants: GrantFault; readonly revokes: RevokeFault }
  | { readonly do: "letGo" }
  | { readonly do: "chat"; readonly fault: ChatFault }
  | { readonly do: "flush" }
  | { readonly do: "cut"; readonly bytes: number }
  | { readonly do: "freeze"; readonly ms: number; readonly who: Person; readonly role: Role; readonly bot: Which }
  | { readonly do: "killRedis" }
  | { readonly do: "startRedis" }
  | { readonly do: "die"; readonly worker: Which };

/** Longer than anybody waits for Redis: then nobody knows whether what was asked of it is done, and it is. */
const LONG_MS = COMMAND_TIMEOUT_MS + 200;

const which = fc.constantFrom<Which[]>(0, 1);
const who = fc.constantFrom(...PEOPLE);
const role = fc.constantFrom(...(Object.keys(ROLES) as Role[]));
const nth = fc.nat({ max: 3 });
const twice = fc.boolean();
const just = <const T>(value: T) => fc.constant(value);
const each = <T extends Step>(weight: number, arbitrary: fc.Arbitrary<T>) => ({ weight, arbitrary });

/** Any step; what is rare in life and slow here is rare. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  each(6, fc.record({ do: just("ask"), who: fc.constantFrom("alice", "bob", "erin"), role, bot: which, twice })),
  each(1, fc.record({ do: just("askAgain"), who, nth, bot: which })),
  each(8, fc.record({ do: just("want"), wish: just("Approve"), who, nth, bot: which, twice })),
  each(5, fc.record({ do: just("want"), wish: fc.constantFrom(...WISHES), who, nth, bot: which, twice })),
  each(3, fc.record({ do: just("wait"), ms: fc.integer({ min: 1, max: 20_000 }) })),
  each(3, fc.record({ do: just("wait"), ms: fc.integer({ min: MINUTE, max: 20 * MINUTE }) })),
  each(
    2,
    fc.record({
      do: just("jump"),
      machine: fc.constantFrom<(0 | 1 | 2 | 3)[]>(0, 1, 2, 3),
      ms: fc.constantFrom(60 * MINUTE, -60 * MINUTE, 2 * MINUTE, -2 * MINUTE),
    }),
  ),
  each(4, fc.record({ do: just("sweep"), worker: which })),
  each(6, fc.record({ do: just("sweepBoth") })),
  each(2, fc.record({ do: just("tell"), bot: which })),
  each(2, fc.record({ do: just("tellBoth") })),
  each(1, fc.record({ do: just("reconcile"), worker: which })),
  each(
    4,
    fc.record({
      do: just("target"),
      grants: fc.constantFrom<GrantFault[]>("well", "down", "half", "late"),
      revokes: fc.constantFrom<RevokeFault[]>("well", "down", "half", "lies"),
    }),
  ),
  each(2, fc.record({ do: just("letGo") })),
  each(3, fc.record({ do: just("chat"), fault: fc.constantFrom<ChatFault[]>("well", "away", "lost", "busy") })),
  each(1, fc.record({ do: just("flush") })),
  each(1, fc.record({ do: just("cut"), bytes: fc.constantFrom(1, 400, 2_000, 20_000, 1_000_000) })),
  each(1, fc.record({ do: just("freeze"), ms: fc.constantFrom(20, 50, 200, LONG_MS), who, role, bot: which })),
  each(1, fc.record({ do: just("killRedis") })),
  each(2, fc.record({ do: just("startRedis") })),
  each(2, fc.record({ do: just("die"), worker: which })),
);
