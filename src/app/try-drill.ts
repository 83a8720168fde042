import type { Tried } from "../domain/drill.ts";
import { CLOCK } from "../domain/people.ts";
import type { Policy } from "../domain/policy/schema.ts";
import type { RequestState } from "../domain/request.ts";
import { asCoded } from "../errors.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Log } from "../log.ts";
import type { Credentials } from "../vault/credentials.ts";
import type { Targets } from "./targets.ts";
import type { GatewayAddress } from "./through-gateway.ts";
import type { Turns } from "./turns.ts";

/** How long a target may take to let us in. */
const TRY_LIMIT_MS = 15_000;

export interface TryDrillOptions {
  readonly ledger: Ledger;
  readonly policy: () => Policy;
  readonly targets: Targets;
  readonly credentials: Credentials;
  readonly turns: Turns;
  /** Where people reach the session gateway; undefined where there is none. */
  readonly address: () => GatewayAddress | undefined;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly log: Log;
}

/** Uses a drill's credential as a person would, and ends its access. */
export type TryDrill = (state: RequestState) => Promise<void>;

/**
 * Makes the way in which a drill's credential is tried: what waits sealed for a requester is opened here instead of on a page, used once,
 * and never leaves the program. That it was tried and that the access ends are recorded together.
 */
export function createTryDrill({ ledger, now, log, ...options }: TryDrillOptions): TryDrill {
  return async (state) => {
    const tried = await outcomeOf(state, options).catch((thrown: unknown): Tried => {
      log.warn("a drill's credential does not work", { request: state.id, target: state.target, error: thrown });
      const { code, message } = asCoded(thrown);
      return { works: "no", code, problem: message };
    });
    const at = now();
    await ledger.record({
      ...{ id: state.id, state, at },
      events: [
        { type: "DrillTried", actor: CLOCK, data: tried },
        { type: "RevokeStarted", actor: CLOCK, data: { cause: "ended", endAt: at } },
      ],
    });
  };
}

async function outcomeOf(
  { id, target, credential: number, revealable, verdict }: RequestState,
  { policy, targets, credentials, turns, address }: Omit<TryDrillOptions, "ledger" | "now" | "log">,
): Promise<Tried> {
  const provider = targets.provider(target);
  if (!revealable)
    return { works: "unknown", what: `${target} gives no credential: people get in with what they have already` };
  // Opened all the same: that the vault gives it out is half of it.
  const sealed = await credentials.open(id, number);
  if (sealed === undefined) return { works: "no", code: "CREDENTIAL_NONE", problem: "No credential waits." };
  if (provider.tryOut === undefined)
    return { works: "unknown", what: `the program has no way to use a credential of ${target} (${verdict.provider})` };
  const { user, password } = sealed;
  const through = policy().targets[target]?.gateway === undefined ? undefined : address();
  const credential = { request: id, role: verdict.grant, user, password, through };
  const what = await turns.take(
    target,
    async () => await provider.tryOut?.(credential, AbortSignal.timeout(TRY_LIMIT_MS)),
  );
  return { works: "yes", what };
}
