import { setTimeout } from "node:timers/promises";
import { createHandle } from "../app/handle.ts";
import { SECRET_LEFT } from "../domain/accounts.ts";
import { readPolicy } from "../app/policies.ts";
import { providerChecks } from "../app/provider-checks.ts";
import { drillMark } from "../domain/drill.ts";
import { NO_KEYS } from "../domain/keys.ts";
import { formatLateness } from "../domain/duration.ts";
import { isOver } from "../domain/request.ts";
import { Queues } from "../jobs/queues.ts";
import { silent } from "../log.ts";
import type { ExitCode } from "./exit.ts";
import type { Io } from "./io.ts";
import { idOf, unknown } from "./requests.ts";
import { serverAccount } from "./server-account.ts";
import { withLedger } from "./with-ledger.ts";

const LIMIT_MS = 30_000;
/** Nobody is asked about accounts: who has a shell on the server is an operator. */
const NO_DIRECTORY = {
  standing: () => Promise.resolve({ kind: "unknown" } as const),
  groupMembers: () => Promise.resolve(undefined),
};

/**
 * `breakglass revoke`: orders it, and waits until a worker has checked that the access is gone.
 *
 * @returns 0 when it is gone, 1 when it isn't after half a minute
 */
export async function revokeRequest(io: Io, typed: string, options: { readonly reason: string }): Promise<ExitCode> {
  const id = idOf(typed);
  return await withLedger(io, async (ledger, config, redis) => {
    const policy = await readPolicy({
      path: config.policyFile,
      env: io.env,
      providers: providerChecks,
      secrets: false,
    });
    const queues = new Queues(redis, silent);
    try {
      const handle = createHandle({
        ledger,
        policy: () => policy,
        directory: NO_DIRECTORY,
        keys: () => Promise.resolve(NO_KEYS),
        credentialWaits: () => Promise.resolve(false),
        linkTo: () => Promise.reject(new Error("a revoke is not confirmed with a key")),
        now: Date.now,
        wake: (woken) => {
          queues.wake(woken.id);
        },
        pause: (ms) => setTimeout(ms),
        random: Math.random,
      });
      if ((await ledger.load(id)) === undefined) throw unknown(id);
      await handle({ via: "cli", account: serverAccount(io.env) }, { type: "RevokeNow", id, reason: options.reason });
      io.talk(`${id}: ordered, waiting for a worker to end it`);
      const end = Date.now() + LIMIT_MS;
      for (;;) {
        const state = (await ledger.load(id))?.state;
        if (state !== undefined && isOver(state)) {
          const what = state.secret === undefined ? "gone, and checked" : `over (${state.secret})`;
          io.result(`${drillMark(state)}${id}: ${what}, ${formatLateness(state.lateMs ?? 0)} after the order`);
          if (state.secret !== undefined) io.talk(`note: ${SECRET_LEFT[state.secret]}`);
          return 0;
        }
        if (Date.now() > end) {
          io.result(
            `${drillMark(state ?? {})}${id}: not gone yet${state?.ending?.problem === undefined ? "" : `: ${state.ending.problem}`}`,
          );
          io.talk("hint: the workers go on trying; breakglass show tells how it stands");
          return 1;
        }
        await setTimeout(100);
      }
    } finally {
      await queues.close();
    }
  });
}
