import { setTimeout } from "node:timers/promises";
import { CheckMemory } from "../app/check-memory.ts";
import { DrillKeeper } from "../app/drill-keeper.ts";
import { createHandle } from "../app/handle.ts";
import { KeyRing } from "../app/key-ring.ts";
import { TargetChecks } from "../app/target-checks.ts";
import type { Targets } from "../app/targets.ts";
import type { Turns } from "../app/turns.ts";
import { CodedError } from "../errors.ts";
import type { Foundation } from "./foundation.ts";
import { wakeOf } from "./wake.ts";

/** What a worker does while nothing is wrong: drills, when their time has come, and quiet checks. */
export function rehearsing(base: Foundation, { targets, turns }: { readonly targets: Targets; readonly turns: Turns }) {
  const { ledger, policies, directory, redis, queues, now, log } = base;
  const policy = () => policies.current;
  const ring = new KeyRing(ledger);
  const announce = (id: string) => {
    queues.announce(id);
  };
  // The same door as everybody's. A drill comes to no page, so that no link is ever made here.
  const handle = createHandle({
    ...{ ledger, policy, directory, now, wake: wakeOf(base) },
    keys: () => ring.read(),
    credentialWaits: () => Promise.resolve(false),
    linkTo: () => Promise.reject(new CodedError("INTERNAL", "A worker makes no links.")),
    pause: (ms) => setTimeout(ms, undefined),
    random: Math.random,
  });
  return {
    drills: new DrillKeeper({ ledger, policy, handle, announce, now, log }),
    checks: new TargetChecks({
      ...{ ledger, targets, turns, announce, now, log },
      memory: new CheckMemory(redis),
      pause: (ms, signal) => setTimeout(ms, undefined, { signal }),
    }),
  };
}
